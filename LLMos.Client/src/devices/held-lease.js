import { Problem } from "../connection/problem.js"

/** @import { LeaseAnswer, LeaseRequest } from "../contracts/devices.js" */
/** @import { StreamReader } from "../connection/hub.js" */

/**
 * @typedef {object} LeaseClient
 * @property {(id: string, request: LeaseRequest) => Promise<LeaseAnswer>} takeLease
 * @property {(id: string, request: LeaseRequest, reader: StreamReader) => () => void} waitForLease
 * @property {(id: string, leaseId: string) => Promise<LeaseAnswer>} renewLease
 * @property {(id: string, leaseId: string) => Promise<void>} releaseLease
 */
/** @typedef {{ leaseChanged(): void, leaseLost(): void }} HeldLeaseDelegate */

const renewMilliseconds = 20_000
const longestWaitSeconds = 300

/** This page's right to write to a device: taken, waited for, kept, lost. */
export class HeldLease {
  /** @type {string | null} */
  id = null
  /** @type {(() => void) | null} */
  #stopWaiting = null
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer
  #checking = false
  #checkedAt = 0

  /** @param {LeaseClient} client @param {string} deviceId @param {HeldLeaseDelegate} delegate */
  constructor(client, deviceId, delegate) {
    this.client = client
    this.deviceId = deviceId
    this.delegate = delegate
  }

  get isWaiting() {
    return this.#stopWaiting !== null
  }

  /** @throws {Problem} that nothing is held */
  get required() {
    if (this.id === null)
      throw new Problem("devices.lease_required", "Take the device first: only who has it may write to it.")
    return this.id
  }

  /** @param {LeaseRequest} [request] */
  async take(request = {}) {
    this.#hold((await this.client.takeLease(this.deviceId, request)).leaseId)
  }

  /** Waits in the queue. @param {LeaseRequest} request @returns {Promise<boolean>} false when it was given up; fails when the time is over */
  wait(request = {}) {
    return new Promise((resolve, reject) => {
      const stop = this.client.waitForLease(this.deviceId, { ...request, waitSeconds: longestWaitSeconds }, {
        next: ({ leaseId }) => {
          this.#stopWaiting = null
          this.#hold(leaseId)
          resolve(true)
        },
        complete: () => this.#endWaiting(() => resolve(this.id !== null)),
        error: (problem) => this.#endWaiting(() => reject(problem)),
      })
      this.#stopWaiting = () => {
        stop()
        this.#endWaiting(() => resolve(false))
      }
      this.delegate.leaseChanged()
    })
  }

  stopWaiting() {
    this.#stopWaiting?.()
  }

  async giveBack() {
    const id = this.id
    this.#drop()
    if (id !== null)
      await this.client.releaseLease(this.deviceId, id)
  }

  /** Checks when it is time to. In a page that is hidden the browser makes timers late, but not what arrives. */
  async keep() {
    if (performance.now() - this.#checkedAt >= renewMilliseconds)
      await this.check()
  }

  /** Asks whether it is still held, and makes it last longer; also tells a new connection that it is its. */
  async check() {
    if (this.id === null || this.#checking)
      return
    const id = this.id
    this.#checking = true
    this.#checkedAt = performance.now()
    try {
      await this.client.renewLease(this.deviceId, id)
    } catch (problem) {
      // A connection that is lost for the moment says nothing about the lease.
      if (problem instanceof Problem && problem.code.startsWith("devices.") && this.id === id) {
        this.#drop()
        this.delegate.leaseLost()
      }
    } finally {
      this.#checking = false
    }
  }

  #drop() {
    clearInterval(this.#timer)
    this.id = null
    this.delegate.leaseChanged()
  }

  /** @param {string} id */
  #hold(id) {
    clearInterval(this.#timer)
    this.id = id
    this.#checkedAt = performance.now()
    this.#timer = setInterval(() => void this.check(), renewMilliseconds)
    this.delegate.leaseChanged()
  }

  /** @param {() => void} tell */
  #endWaiting(tell) {
    this.#stopWaiting = null
    this.delegate.leaseChanged()
    tell()
  }
}
