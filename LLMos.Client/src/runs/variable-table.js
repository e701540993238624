import { CircleAlert } from "lucide"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { variableRow } from "./variable-row.js"
import { matching, ordered } from "./session-variables.js"

/** @import { VariablesAnswer } from "../contracts/runs.js" */

/** The variables of a session. They are what a program left, so all of it is text and nothing else. */
export class VariableTable {
  /** @type {VariablesAnswer | null} */
  #answer = null
  /** @type {Set<string>} names of rows that show their whole value */
  #open = new Set()
  /** The name in the row where the Tab key stops. */
  #stop = ""

  /** @param {() => void} again asks for them once more */
  constructor(again) {
    this.again = again
    this.filter = element("input", { class: "field small", type: "search", placeholder: "Filter by name or type", "aria-label": "Filter variables by name or type", spellcheck: "false", autocapitalize: "off", oninput: () => this.#draw() })
    this.found = element("span", { class: "hint", role: "status" })
    this.bar = element("div", { class: "dock-filter" }, this.found, this.filter)
    this.rows = element("tbody", {
      onfocusin: (/** @type {FocusEvent} */ event) => this.#stopAt(/** @type {HTMLElement} */ (event.target)),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event),
    })
    this.table = element("table", { class: "variables", "aria-label": "Variables" },
      element("thead", {}, element("tr", {}, ...["Name", "Type", "Shape", "Value", "Size"].map((words) => element("th", { scope: "col" }, words)))),
      this.rows)
    this.note = element("p", { class: "variables-note" })
    this.element = element("div", { class: "variables-scroller" }, this.table, this.note)
    this.waiting("")
  }

  /** @param {string} name of the session; what is shown of it stays until the answer is there */
  waiting(name) {
    if (this.#answer?.name === name)
      return
    this.#answer = null
    this.#say("Looking at the variables…")
  }

  /** @param {VariablesAnswer} answer */
  show(answer) {
    if (this.#answer?.name !== answer.name)
      this.#open.clear()
    this.#answer = answer
    this.#draw()
  }

  /** @param {string} sentence */
  fail(sentence) {
    this.#answer = null
    this.#say(icon(CircleAlert, 15), element("span", {}, sentence),
      element("button", { class: "button small", type: "button", onclick: () => this.again() }, "Try again"))
  }

  #draw() {
    if (!this.#answer)
      return
    const { name, variables, omitted } = this.#answer
    const found = ordered(matching(variables, this.filter.value))
    if (variables.length === 0) {
      this.#say(`${name} has no variables. What a run in it assigns is listed here.`)
      return
    }
    this.bar.hidden = false
    this.table.hidden = found.length === 0
    this.found.textContent = found.length < variables.length ? `${found.length} of ${variables.length}` : ""
    const hadFocus = this.rows.contains(document.activeElement)
    fill(this.rows, ...found.map((variable) => variableRow(variable, this.#open)))
    const stop = this.#buttons.find(({ dataset }) => dataset.name === this.#stop) ?? this.#buttons[0]
    if (stop)
      this.#stopAt(stop)
    if (hadFocus)
      stop?.focus()
    this.note.hidden = found.length > 0 && omitted === 0
    fill(this.note, found.length === 0
      ? `No variable has “${this.filter.value.trim()}” in its name or type.`
      : `The newest ${variables.length} are listed; ${count(omitted, "older one")} not.`)
  }

  get #buttons() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.rows.querySelectorAll(".variable-name"))]
  }

  /** One stop of the Tab key; the arrows move within. @param {HTMLElement} button */
  #stopAt(button) {
    this.#stop = button.dataset.name ?? ""
    for (const other of this.#buttons)
      other.tabIndex = other === button ? 0 : -1
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const buttons = this.#buttons
    const here = buttons.indexOf(/** @type {HTMLElement} */ (event.target))
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key]
    if (next === undefined || !buttons[next])
      return
    event.preventDefault()
    buttons[next].focus()
  }

  /** @param {...(Node | string)} words in place of the table */
  #say(...words) {
    this.bar.hidden = true
    this.table.hidden = true
    this.note.hidden = false
    fill(this.note, ...words)
  }
}
