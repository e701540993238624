import { element } from "./element.js"

const overscan = 8

/**
 * A scroller with many rows of one height, of which only those near the window exist.
 * @template Row
 */
export class VirtualRows {
  /** @type {readonly Row[]} */
  #rows = []
  /** @type {Map<string, { element: HTMLElement, row: Row }>} */
  #shown = new Map()
  #frame = 0

  /** @param {number} rowHeight px @param {(row: Row) => string} keyOf @param {(row: Row, index: number) => HTMLElement} render @param {import("./element.js").Attributes} [attributes] of the scroller */
  constructor(rowHeight, keyOf, render, attributes = {}) {
    this.rowHeight = rowHeight
    this.keyOf = keyOf
    this.render = render
    this.content = element("div", { class: "virtual-content", role: "presentation" })
    this.element = element("div", { class: "virtual-rows", ...attributes }, this.content)
    this.element.addEventListener("scroll", () => this.draw(), { passive: true })
    new ResizeObserver(() => this.draw()).observe(this.element)
  }

  /** @param {readonly Row[]} rows */
  show(rows) {
    this.#rows = rows
    this.content.style.height = `${rows.length * this.rowHeight}px`
    this.draw()
  }

  /** Draws every row anew, at once: a frame without any would be seen. */
  redraw() {
    this.#shown.forEach(({ element: shown }) => shown.remove())
    this.#shown.clear()
    this.drawNow()
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => this.drawNow())
  }

  drawNow() {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.rowHeight) - overscan)
    const last = Math.min(this.#rows.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.rowHeight) + overscan)
    const wanted = new Map(this.#rows.slice(first, last).map((row, index) => [this.keyOf(row), { row, index: first + index }]))
    this.#shown.forEach(({ element: shown }, key) => wanted.has(key) || (shown.remove(), this.#shown.delete(key)))
    wanted.forEach(({ row, index }, key) => {
      const placed = this.#place(key, row, index)
      const there = this.content.children[index - first] ?? null
      // Readers of the page go by its order, not by where things are drawn.
      if (there !== placed)
        this.content.insertBefore(placed, there)
    })
  }

  /** @param {string} key @param {Row} row @param {number} index */
  #place(key, row, index) {
    let shown = this.#shown.get(key)
    if (shown?.row !== row) {
      const made = this.render(row, index)
      shown?.element.replaceWith(made)
      shown = { element: made, row }
      this.#shown.set(key, shown)
    }
    shown.element.style.transform = `translateY(${index * this.rowHeight}px)`
    return shown.element
  }

  /** @param {number} index */
  scrollTo(index) {
    const top = index * this.rowHeight
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop)
      this.element.scrollTop = top
    else if (top + this.rowHeight > scrollTop + clientHeight)
      this.element.scrollTop = top + this.rowHeight - clientHeight
    this.drawNow()
  }
}
