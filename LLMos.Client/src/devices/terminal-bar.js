import { ArrowDownToLine, ArrowUp, Binary, Clock, CornerUpRight, ListFilter, Pause, Play, Search, Trash2 } from "lucide"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"

/** @import { TerminalChoices } from "./terminal-text.js" */

/**
 * @typedef {object} TerminalBarDelegate
 * @property {() => void} choicesChanged
 * @property {(isPaused: boolean) => void} pauseChanged
 * @property {() => void} endAsked
 * @property {() => void} clearAsked
 * @property {(words: string, way: "next" | "previous") => boolean} findAsked
 */

const storageKey = "llmos.device.view"
const filterMilliseconds = 200

/** How the terminal shows what happens. */
export class TerminalBar {
  isPaused = false
  #missed = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {Storage} storage @param {TerminalBarDelegate} delegate */
  constructor(storage, delegate) {
    this.storage = storage
    this.delegate = delegate
    const kept = (storage.getItem(storageKey) ?? "times sent").split(" ")
    this.toggles = { times: toggle("Timestamps", Clock, kept.includes("times")), hex: toggle("Hexadecimal", Binary, kept.includes("hex")), sent: toggle("What is sent", CornerUpRight, kept.includes("sent")) }
    Object.values(this.toggles).forEach((button) => button.addEventListener("click", () => this.#toggled(button)))
    this.filter = element("input", { class: "field small terminal-filter", type: "search", placeholder: "Only lines with", "aria-label": "Only lines with", spellcheck: "false", autocomplete: "off", maxlength: 200, oninput: () => this.#later() })
    this.words = element("input", { class: "field small terminal-find", type: "search", placeholder: "Find", "aria-label": "Find in the terminal", spellcheck: "false", autocomplete: "off", maxlength: 200 })
    this.words.onkeydown = (event) => event.key === "Enter" && this.words.value && this.#find(event.shiftKey ? "previous" : "next")
    this.pause = element("button", { class: "button quiet small", type: "button", "aria-pressed": "false", onclick: () => this.#pause() }, icon(Pause), "Pause")
    this.end = element("button", { class: "button quiet square small", type: "button", title: "To the end", "aria-label": "To the end", disabled: true, onclick: delegate.endAsked }, icon(ArrowDownToLine))
    this.element = element("div", { class: "terminal-bar", role: "toolbar", "aria-label": "View" },
      ...Object.values(this.toggles), element("span", { class: "terminal-field" }, icon(ListFilter, 14), this.filter), element("span", { class: "terminal-field" }, icon(Search, 14), this.words),
      element("button", { class: "button quiet square small", type: "button", title: "Find before", "aria-label": "Find before", onclick: () => this.words.value && this.#find("previous") }, icon(ArrowUp)),
      element("span", { class: "spring" }), this.pause, this.end,
      element("button", { class: "button quiet square small", type: "button", title: "Clear this view; the log stays", "aria-label": "Clear this view", onclick: delegate.clearAsked }, icon(Trash2)))
  }

  /** @returns {TerminalChoices} */
  get choices() {
    const { times, hex, sent } = this.toggles
    return { times: isOn(times), hex: isOn(hex), sent: isOn(sent), filter: this.filter.value }
  }

  /** @param {number} events that were not shown while paused */
  missed(events) {
    this.#missed += events
    fill(this.pause, icon(Play), `Go on, ${count(this.#missed, "event")} more`)
  }

  #pause() {
    this.isPaused = !this.isPaused
    this.#missed = 0
    this.pause.setAttribute("aria-pressed", String(this.isPaused))
    fill(this.pause, icon(this.isPaused ? Play : Pause), this.isPaused ? "Go on" : "Pause")
    this.delegate.pauseChanged(this.isPaused)
  }

  /** @param {HTMLButtonElement} button */
  #toggled(button) {
    button.setAttribute("aria-pressed", String(!isOn(button)))
    this.storage.setItem(storageKey, Object.entries(this.toggles).filter(([, one]) => isOn(one)).map(([name]) => name).join(" "))
    this.delegate.choicesChanged()
  }

  #later() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.delegate.choicesChanged(), filterMilliseconds)
  }

  /** @param {"next" | "previous"} way */
  #find(way) {
    this.words.toggleAttribute("aria-invalid", !this.delegate.findAsked(this.words.value, way))
  }
}

/** @param {string} label @param {import("lucide").IconNode} symbol @param {boolean} isPressed */
function toggle(label, symbol, isPressed) {
  return element("button", { class: "button quiet square small toggle", type: "button", title: label, "aria-label": label, "aria-pressed": String(isPressed) }, icon(symbol))
}

/** @param {Element} button */
function isOn(button) {
  return button.getAttribute("aria-pressed") === "true"
}
