/** @import { RunEvent } from "../contracts/runs.js" */
/** @import { Problem } from "../connection/problem.js" */
/** @import { StreamReader } from "../connection/hub.js" */

/** @typedef {{ connected: boolean, stream(method: string, args: any[], reader: StreamReader): () => void }} StreamingHub */
/**
 * @typedef {object} RunFollowDelegate
 * @property {(events: RunEvent[]) => boolean} runEventsArrived false: one is missing, begin again after the last good one
 * @property {() => number} lastSequence
 * @property {(problem: Problem) => void} runFollowFailed
 */

const mostFailures = 5

/** Follows one run from `start()` until it ends or `stop()`, across lost connections. */
export class RunFollow {
  /** @type {(() => void) | null} */
  #dispose = null
  #stopped = true
  #failures = 0

  /** @param {StreamingHub} hub @param {string} runId @param {RunFollowDelegate} delegate */
  constructor(hub, runId, delegate) {
    this.hub = hub
    this.runId = runId
    this.delegate = delegate
  }

  start() {
    this.#stopped = false
    this.resume()
  }

  stop() {
    this.#stopped = true
    this.#close()
  }

  /** Opens the stream again where it was left; call it when the hub has connected. */
  resume() {
    if (this.#stopped || this.#dispose || !this.hub.connected)
      return

    // An answer of a stream that was closed meanwhile must not count.
    let open = true
    const dispose = this.hub.stream("Watch", [this.runId, this.delegate.lastSequence()], {
      next: (events) => {
        if (!open)
          return
        this.#failures = 0
        if (!this.delegate.runEventsArrived(events)) {
          this.#close()
          this.resume()
        }
      },
      complete: () => {
        if (open)
          this.stop()
      },
      error: (problem) => {
        if (!open)
          return
        this.#close()
        this.#failed(problem)
      },
    })
    this.#dispose = () => {
      open = false
      dispose()
    }
  }

  #close() {
    this.#dispose?.()
    this.#dispose = null
  }

  /** @param {Problem} problem */
  #failed(problem) {
    if (!this.hub.connected)
      return
    this.#failures += 1
    if (this.#failures > mostFailures || problem.code.endsWith("not_found")) {
      this.stop()
      this.delegate.runFollowFailed(problem)
    } else {
      this.resume()
    }
  }
}
