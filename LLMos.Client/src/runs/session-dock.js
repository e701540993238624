import { timeFrom } from "../connection/time.js"
import { ChevronRight } from "lucide"
import { element, fill } from "../ui/element.js"
import { countdown } from "../ui/format.js"
import { icon } from "../ui/icon.js"

/** @import { Sessions } from "./sessions.js" */
/** @import { VariableTable } from "./variable-table.js" */

const openKey = "llmos.variables-open"

/** Below the editor while a session is chosen: how many variables it keeps and how long; opened, which. */
export class SessionDock {
  #shown = ""
  #asked = 0
  /** @type {Promise<VariableTable> | null} */
  #table = null

  /** @param {Sessions} sessions @param {boolean} canRun */
  constructor(sessions, canRun) {
    this.sessions = sessions
    this.canRun = canRun
    this.count = element("span", { class: "dock-count" })
    this.words = element("span", { class: "dock-words" })
    this.body = element("div", { class: "dock-body", id: "variables" })
    this.toggle = element("button", { class: "dock-toggle", type: "button", "aria-controls": "variables", onclick: () => this.#open(this.body.hidden === true) },
      icon(ChevronRight, 15), "Variables", this.count)
    this.head = element("header", {}, this.toggle, this.words)
    this.element = element("section", { class: "dock", "aria-label": "Variables of the session" },
      this.head, this.body)
    sessions.watch(() => this.#tell())
    setInterval(() => this.#tellTime(), 1000)
    this.#open(localStorage.getItem(openKey) === "yes")
  }

  /** @param {boolean} open */
  #open(open) {
    this.body.hidden = !open
    this.toggle.setAttribute("aria-expanded", String(open))
    localStorage.setItem(openKey, open ? "yes" : "no")
    this.#shown = ""
    this.#tell()
  }

  #tell() {
    const { choice, chosen } = this.sessions
    this.element.hidden = choice.name === null || !this.canRun
    this.count.textContent = chosen && chosen.variableCount > 0 ? chosen.variableCount.toLocaleString("en") : ""
    this.#tellTime()
    // What a run leaves is there when it has ended.
    const state = chosen ? `${chosen.name} ${timeFrom(chosen.createdAt).getTime()} ${chosen.runs}` : `${choice.name}`
    if (this.body.hidden || this.element.hidden || chosen?.state === "running" || this.#shown === state)
      return
    this.#shown = state
    void this.#read()
  }

  #tellTime() {
    const { choice, chosen, list } = this.sessions
    const left = chosen && list.times(chosen.name, Date.now()).left
    fill(this.words,
      element("span", { class: "dock-name" }, choice.name),
      element("span", {}, !chosen ? "begins empty with the next run" : left === null ? chosen.state : `closes in ${countdown(left)}`))
  }

  async #read() {
    const asked = this.#asked += 1
    const { choice, chosen, client } = this.sessions
    this.#table ??= import("./variable-table.js").then(({ VariableTable }) => {
      const table = new VariableTable(() => this.#read())
      this.head.append(table.bar)
      fill(this.body, table.element)
      return table
    })
    const table = await this.#table
    if (!chosen) {
      table.show({ name: choice.name ?? "", variables: [], omitted: 0 })
      return
    }
    table.waiting(chosen.name)
    try {
      const answer = await client.variables(chosen.name)
      if (asked === this.#asked)
        table.show(answer)
    } catch (problem) {
      if (asked === this.#asked)
        table.fail(/** @type {Error} */ (problem).message)
    }
  }
}
