/** The newest bytes of a port, by their offset since it was opened. */
export class ReceivedRing {
  #end = 0
  #bytes

  /** @param {number} capacity bytes */
  constructor(capacity) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** The offset of the oldest byte that is kept. */
  get first() {
    return Math.max(0, this.#end - this.#bytes.length)
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    const capacity = this.#bytes.length
    const kept = bytes.subarray(Math.max(0, bytes.length - capacity))
    const at = (this.#end + bytes.length - kept.length) % capacity
    const whole = Math.min(kept.length, capacity - at)
    this.#bytes.set(kept.subarray(0, whole), at)
    this.#bytes.set(kept.subarray(whole), 0)
    this.#end += bytes.length
  }

  /** What is kept from an offset on, which is later than asked where that is gone. @param {number} offset @param {number} most */
  read(offset, most) {
    const from = Math.min(this.#end, Math.max(this.first, offset))
    const length = Math.min(most, this.#end - from)
    const at = from % this.#bytes.length
    const whole = Math.min(length, this.#bytes.length - at)
    const data = new Uint8Array(length)
    data.set(this.#bytes.subarray(at, at + whole))
    data.set(this.#bytes.subarray(0, length - whole), whole)
    return { offset: from, data }
  }
}
