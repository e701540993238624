/** @typedef {{ key: string, at: number, from: "board" | "run", text: string }} TimelineRow at: milliseconds since 1970 */

const mostRows = 5000

/** Lines of a board and of a run in the order of the server's clock. */
export class Timeline {
  /** @type {TimelineRow[]} */
  rows = []
  #next = 0

  /** @param {"board" | "run"} from @param {string} text @param {number} at */
  add(from, text, at) {
    const row = { key: String(this.#next++), at, from, text }
    // Two streams arrive each in its order, but not together: most rows belong at the end.
    let index = this.rows.length
    while (index > 0 && this.rows[index - 1].at > at)
      index -= 1
    this.rows.splice(index, 0, row)
    if (this.rows.length > mostRows)
      this.rows.shift()
  }

  /** @param {"board" | "run"} from */
  clear(from) {
    this.rows = this.rows.filter((row) => row.from !== from)
  }
}
