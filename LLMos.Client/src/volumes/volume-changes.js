/** @import { Change } from "../contracts/volumes.js" */
/** @import { StreamReader } from "../connection/hub.js" */

/** @typedef {{ connected: boolean, stream(method: string, args: any[], reader: StreamReader): () => void }} StreamingHub */
/**
 * @typedef {object} VolumeChangesDelegate
 * @property {(changes: Change[]) => void} changesArrived
 * @property {(volume: string) => void} changesGone the server keeps them no more: list again, and `start` from there
 */

const longestPauseMilliseconds = 8000

/** Follows what changes in one volume, across lost connections: nothing is missed, nothing comes twice. */
export class VolumeChanges {
  /** @type {(() => void) | null} */
  #dispose = null
  #after = -1
  #failures = 0

  /** @param {StreamingHub} hub @param {string} volume @param {VolumeChangesDelegate} delegate */
  constructor(hub, volume, delegate) {
    this.hub = hub
    this.volume = volume
    this.delegate = delegate
  }

  /** @param {number} after the number of the last change that is known */
  start(after) {
    this.#close()
    this.#after = after
    this.resume()
  }

  /** Opens the stream again where it was left; call it when the hub has connected. */
  resume() {
    if (this.#after < 0 || this.#dispose || !this.hub.connected)
      return

    // An answer of a stream that was closed meanwhile must not count.
    let open = true
    const dispose = this.hub.stream("Watch", [this.volume, this.#after], {
      next: (changes) => open && this.#arrived(changes),
      // It has no end of its own.
      complete: () => open && this.#failed(""),
      error: ({ code }) => open && this.#failed(code),
    })
    this.#dispose = () => {
      open = false
      dispose()
    }
  }

  /** @param {Change[]} changes */
  #arrived(changes) {
    this.#failures = 0
    const unseen = changes.filter(({ sequence }) => sequence > this.#after)
    this.#after = Math.max(this.#after, changes.at(-1)?.sequence ?? 0)
    if (unseen.length > 0)
      this.delegate.changesArrived(unseen)
  }

  #close() {
    this.#dispose?.()
    this.#dispose = null
  }

  /** @param {string} code */
  #failed(code) {
    this.#close()
    if (!this.hub.connected)
      return
    if (code === "volumes.changes_gone" || code === "volumes.after_unknown") {
      this.#after = -1
      this.delegate.changesGone(this.volume)
      return
    }
    this.#failures += 1
    setTimeout(() => this.resume(), Math.min(longestPauseMilliseconds, 250 * 2 ** this.#failures))
  }
}
