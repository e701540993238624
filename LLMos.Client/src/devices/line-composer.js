import { CornerDownLeft, Plus, Zap } from "lucide"
import { element } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { attachMenu, menuItems } from "../ui/menu.js"
import { openPrompt } from "../ui/prompt.js"

const mostHistory = 100
const mostMacros = 40

/** @type {[string, string, string][]} name, words and what is sent */
const endings = [["lf", "LF", "\n"], ["crlf", "CR LF", "\r\n"], ["cr", "CR", "\r"], ["none", "No end", ""]]

/** @typedef {{ name: string, text: string }} Macro */

/** The line to send: its end, the lines of before by the arrow keys, and macros. */
export class LineComposer {
  #at = 0
  /** @type {string[]} */
  #history
  /** @type {Macro[]} */
  #macros

  /** @param {Storage} storage @param {{ lineSent(text: string): Promise<boolean> }} delegate false: it was not sent, and stays */
  constructor(storage, delegate) {
    this.storage = storage
    this.delegate = delegate
    this.#history = read(storage, "llmos.device.lines", (line) => typeof line === "string")
    this.#macros = read(storage, "llmos.device.macros", (macro) => typeof macro?.name === "string" && typeof macro?.text === "string")
    this.#at = this.#history.length
    this.field = element("input", { class: "field", type: "text", placeholder: "Send a line", "aria-label": "Line to send", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 16_000 })
    this.field.onkeydown = (event) => this.#press(event)
    this.ending = element("select", { class: "field small", "aria-label": "End of the line" }, ...endings.map(([value, words]) => element("option", { value }, words)))
    this.ending.value = storage.getItem("llmos.device.ending") ?? "lf"
    this.ending.onchange = () => storage.setItem("llmos.device.ending", this.ending.value)
    this.send = element("button", { class: "button primary", type: "submit" }, icon(CornerDownLeft), "Send")
    const macros = element("button", { class: "button square", type: "button", title: "Macros", "aria-label": "Macros" }, icon(Zap))
    this.element = element("form", { class: "line-composer", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void this.#send(this.field.value)) },
      element("div", { class: "anchor" }, macros), this.field, this.ending, this.send)
    this.menu = attachMenu(macros, "Macros", [])
    this.#drawMacros()
  }

  /** @param {string} text */
  async #send(text) {
    const end = endings.find(([value]) => value === this.ending.value)?.[2] ?? "\n"
    if (text + end === "")
      return
    if (text !== "" && this.#history.at(-1) !== text)
      this.#history = [...this.#history, text].slice(-mostHistory)
    this.#at = this.#history.length
    this.storage.setItem("llmos.device.lines", JSON.stringify(this.#history))
    // The next line may be typed, or an older one asked for, before the server has answered.
    const typed = this.field.value
    this.field.value = ""
    if (!await this.delegate.lineSent(text + end) && this.field.value === "")
      this.field.value = typed
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (step === undefined)
      return
    event.preventDefault()
    this.#at = Math.min(this.#history.length, Math.max(0, this.#at + step))
    this.field.value = this.#history[this.#at] ?? ""
  }

  #drawMacros() {
    this.menu.replaceChildren(...menuItems([
      ...this.#macros.map(({ name, text }) => ({ label: name, note: text, chosen: () => void this.#send(text) })),
      ...this.#macros.length > 0 ? [/** @type {const} */ ("line")] : [],
      { label: "Keep this line as a macro", icon: Plus, chosen: () => this.#keep() },
      ...this.#macros.map((macro) => ({ label: `Forget ${macro.name}`, chosen: () => this.#setMacros(this.#macros.filter((one) => one !== macro)) })),
    ], () => this.menu.hidePopover()))
  }

  #keep() {
    const text = this.field.value
    openPrompt({ title: "Keep a macro", label: "Name", deed: "Keep", value: text.slice(0, 40), hint: `Sends: ${text || "an empty line"}`, fault: (name) => name.trim() === "" ? "Give it a name." : null },
      async (name) => this.#setMacros([...this.#macros.filter((one) => one.name !== name), { name, text }].slice(-mostMacros)))
  }

  /** @param {Macro[]} macros */
  #setMacros(macros) {
    this.#macros = macros
    this.storage.setItem("llmos.device.macros", JSON.stringify(macros))
    this.#drawMacros()
  }
}

/** @template Item @param {Storage} storage @param {string} key @param {(item: Item) => boolean} isOne @returns {Item[]} */
function read(storage, key, isOne) {
  try {
    const kept = JSON.parse(storage.getItem(key) ?? "[]")
    return Array.isArray(kept) ? kept.filter(isOne) : []
  } catch {
    return []
  }
}
