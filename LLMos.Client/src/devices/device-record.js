/** @import { DeviceEvent } from "../contracts/devices.js" */

const mostEvents = 20_000
const mostBytes = 4 * 1024 * 1024

/** The newest events of a device, as many as a page can hold. */
export class DeviceRecord {
  /** @type {DeviceEvent[]} */
  events = []
  /** Of the last one that arrived; null before the first. @type {number | null} */
  lastSequence = null
  /** Those before the first of `events`, which were let go. */
  dropped = 0
  #bytes = 0

  /** @param {DeviceEvent[]} arrived @returns {DeviceEvent[]} those that are new */
  add(arrived) {
    const fresh = arrived.filter(({ sequence }) => sequence > (this.lastSequence ?? 0))
    if (fresh.length === 0)
      return fresh
    this.lastSequence = fresh[fresh.length - 1].sequence
    this.events.push(...fresh)
    this.#bytes += fresh.reduce((sum, event) => sum + sizeOf(event), 0)
    let gone = 0
    while (this.events.length - gone > mostEvents || this.#bytes > mostBytes)
      this.#bytes -= sizeOf(this.events[gone++])
    this.events.splice(0, gone)
    this.dropped += gone
    return fresh
  }

  /** Where the next one will be, counted from the first that ever arrived. */
  get end() {
    return this.dropped + this.events.length
  }

  /** What arrived from an `end` of before on, and how many of that are not kept any more. @param {number} end */
  since(end) {
    const from = end - this.dropped
    return { events: this.events.slice(Math.max(0, from)), lost: Math.max(0, -from) }
  }

  clear() {
    this.dropped += this.events.length
    this.events = []
    this.#bytes = 0
  }
}

/** @param {DeviceEvent} event */
function sizeOf({ data }) {
  return data?.length ?? 0
}
