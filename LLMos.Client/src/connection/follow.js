/** @import { Problem } from "./problem.js" */
/** @import { StreamReader } from "./hub.js" */

/** @typedef {{ connected: boolean, stream(method: string, args: any[], reader: StreamReader): () => void }} StreamingHub */
/**
 * @template Event
 * @typedef {object} FollowDelegate
 * @property {(events: Event[]) => boolean} eventsArrived false: one is missing, begin again after the last good one
 * @property {() => number | null} lastSequence
 * @property {(problem: Problem) => void} followFailed
 */

const mostFailures = 5

/**
 * Follows the numbered events of a thing, from `start()` until they end or `stop()`, across lost connections.
 * @template Event
 */
export class Follow {
  /** @type {(() => void) | null} */
  #dispose = null
  #stopped = true
  #failures = 0

  /** @param {StreamingHub} hub @param {string} id @param {FollowDelegate<Event>} delegate */
  constructor(hub, id, delegate) {
    this.hub = hub
    this.id = id
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
    const dispose = this.hub.stream("Watch", [this.id, this.delegate.lastSequence()], {
      next: (events) => {
        if (!open)
          return
        this.#failures = 0
        if (!this.delegate.eventsArrived(events)) {
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
      this.delegate.followFailed(problem)
    } else {
      this.resume()
    }
  }
}
