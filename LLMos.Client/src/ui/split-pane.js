import { element } from "./element.js"

const least = 20
const most = 80
const step = 4

/** Two panes with a movable line between: pointer, or arrow keys when it has the focus. A double click puts it where it was at first. */
export class SplitPane {
  #share = 50

  /** @param {HTMLElement} first @param {HTMLElement} second @param {string} label @param {string} storageKey @param {{ name?: "split" | "side", start?: number }} [options] name: of the class; start: percent of the first */
  constructor(first, second, label, storageKey, { name = "split", start = 50 } = {}) {
    this.storageKey = storageKey
    this.divider = element("div", {
      class: "split-divider",
      role: "separator",
      tabindex: 0,
      "aria-label": label,
      "aria-valuemin": least,
      "aria-valuemax": most,
      onpointerdown: (/** @type {PointerEvent} */ event) => this.#drag(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event),
      ondblclick: () => this.#set(start),
    })
    this.element = element("div", { class: name }, first, this.divider, second)
    this.#set(Number(localStorage.getItem(storageKey)) || start)
  }

  get #stacked() {
    return getComputedStyle(this.element).flexDirection === "column"
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    event.preventDefault()
    this.divider.focus()
    this.divider.setPointerCapture(event.pointerId)
    // A frame under the pointer would swallow its moves.
    this.element.classList.add("dragging")
    const box = this.element.getBoundingClientRect()
    const stacked = this.#stacked

    /** @param {PointerEvent} moved */
    const follow = (moved) => this.#set(stacked
      ? (moved.clientY - box.top) / box.height * 100
      : (moved.clientX - box.left) / box.width * 100)
    const release = () => {
      this.element.classList.remove("dragging")
      this.divider.removeEventListener("pointermove", follow)
    }
    this.divider.addEventListener("pointermove", follow)
    this.divider.addEventListener("lostpointercapture", release, { once: true })
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const by = { ArrowLeft: -step, ArrowUp: -step, ArrowRight: step, ArrowDown: step, Home: -100, End: 100 }[event.key]
    if (by === undefined)
      return
    event.preventDefault()
    this.#set(this.#share + by)
  }

  /** @param {number} share percent of the first pane */
  #set(share) {
    this.#share = Math.round(Math.min(most, Math.max(least, share)))
    this.element.style.setProperty("--split", `${this.#share}%`)
    this.divider.setAttribute("aria-valuenow", String(this.#share))
    this.divider.setAttribute("aria-orientation", this.#stacked ? "horizontal" : "vertical")
    localStorage.setItem(this.storageKey, String(this.#share))
  }
}
