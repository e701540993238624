import { timeFrom } from "../connection/time.js"
import { DeviceRecord } from "./device-record.js"
import { HeldLease } from "./held-lease.js"
import { LineReader } from "./line-reader.js"
import { Telemetry } from "./telemetry.js"

/** @import { Problem } from "../connection/problem.js" */
/** @import { DeviceEvent, DeviceSummary } from "../contracts/devices.js" */
/** @import { DeviceClient } from "./device-client.js" */

/**
 * @typedef {object} OpenDeviceDelegate
 * @property {(events: DeviceEvent[]) => void} eventsArrived
 * @property {(line: string, at: Date) => void} lineArrived of the board
 * @property {() => void} leaseChanged
 * @property {() => void} leaseLost
 * @property {(problem: Problem) => void} failed
 */

const mostAtFirst = 3000
const mostWrite = 32 * 1024

/** A device that was opened on this page: what is known of it, what came from it, and the lease on it. */
export class OpenDevice {
  record = new DeviceRecord()
  telemetry = new Telemetry()
  #lines = new LineReader()
  #writing = Promise.resolve()
  /** @type {Set<(event: DeviceEvent) => void>} */
  #receivers = new Set()

  /** @param {DeviceClient} client @param {DeviceSummary} summary @param {OpenDeviceDelegate} delegate */
  constructor(client, summary, delegate) {
    this.client = client
    this.summary = summary
    this.delegate = delegate
    this.lease = new HeldLease(client, summary.id, delegate)
    this.follow = client.follow(summary.id, {
      lastSequence: () => this.record.lastSequence ?? Math.max(0, summary.firstSequence - 1, summary.sequence - mostAtFirst),
      eventsArrived: (events) => this.#take(events),
      followFailed: (problem) => delegate.failed(problem),
    })
  }

  get id() {
    return this.summary.id
  }

  /** @param {DeviceSummary} summary */
  changed(summary) {
    const [before, now] = [this.summary.lease, summary.lease]
    this.summary = summary
    if (before?.holder !== now?.holder || String(before?.since) !== String(now?.since))
      void this.lease.check()
  }

  /** Tells of received bytes as they come. @param {(event: DeviceEvent) => void} receiver @returns {() => void} ends it */
  receive(receiver) {
    this.#receivers.add(receiver)
    return () => void this.#receivers.delete(receiver)
  }

  /** Sends in the order of the calls. @param {Uint8Array} bytes */
  write(bytes) {
    const leaseId = this.lease.required
    const written = this.#writing.then(async () => {
      for (let from = 0; from < bytes.length; from += mostWrite)
        await this.client.write(this.id, leaseId, bytes.subarray(from, from + mostWrite))
    })
    this.#writing = written.catch(() => {})
    return written
  }

  /** @param {DeviceEvent[]} events @returns {boolean} */
  #take(events) {
    void this.lease.keep()
    const fresh = this.record.add(events)
    for (const event of fresh) {
      const { kind, data, at } = event
      if (kind !== "received" || !data)
        continue
      this.#receivers.forEach((receiver) => receiver(event))
      const time = timeFrom(at)
      for (const line of this.#lines.read(data)) {
        this.telemetry.take(line, time)
        this.delegate.lineArrived(line, time)
      }
    }
    if (fresh.length > 0)
      this.delegate.eventsArrived(fresh)
    return true
  }
}
