import { element } from "./element.js"

/** Chooses one of several views where the window is too narrow for all; `[data-view]` on the governed element tells CSS which. */
export class ViewTabs {
  /** @type {HTMLElement | null} */
  #governed = null
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map()

  /** @param {string} label @param {[string, string][]} views name and words */
  constructor(label, views) {
    for (const [name, words] of views)
      this.#buttons.set(name, element("button", { class: "view-tab", type: "button", "data-view": name, onclick: () => this.choose(name) }, words))
    this.element = element("div", { class: "view-tabs", role: "group", "aria-label": label }, ...this.#buttons.values())
  }

  /** @param {HTMLElement} governed */
  govern(governed) {
    this.#governed = governed
    this.choose([...this.#buttons.keys()][0])
  }

  /** @param {string} chosen */
  choose(chosen) {
    if (this.#governed)
      this.#governed.dataset.view = chosen
    this.#buttons.forEach((button, name) => button.setAttribute("aria-pressed", String(name === chosen)))
  }
}
