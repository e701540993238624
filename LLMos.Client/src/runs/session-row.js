import { RotateCcw } from "lucide"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { sessionFacts } from "./session-words.js"

/** @import { SessionSummary } from "../contracts/runs.js" */
/** @import { SessionTimes } from "./session-list.js" */

/** @typedef {{ sessionChosen(name: string | null): void, sessionClicked(): void, resetAsked(session: SessionSummary): void }} SessionRowDelegate */

/** One choice in the list of sessions. */
export class SessionRow {
  /** @type {SessionSummary | null} */
  #session = null

  /** @param {string | null} name null for no session @param {SessionRowDelegate} delegate */
  constructor(name, delegate) {
    this.name = name
    this.input = element("input", { type: "radio", name: "session", value: name ?? "", onchange: () => delegate.sessionChosen(name) })
    this.held = element("span", { class: "session-held" })
    this.facts = element("small", {})
    this.reset = element("button", {
      class: "button quiet square", type: "button", hidden: true, title: "Reset: end the session with its variables", "aria-label": `Reset ${name}`,
      onclick: () => this.#session && delegate.resetAsked(this.#session),
    }, icon(RotateCcw))
    this.element = element("div", { class: "session-row" },
      // A mouse has chosen and is done; the arrow keys go on.
      element("label", { onclick: (/** @type {MouseEvent} */ event) => event.detail > 0 && delegate.sessionClicked() },
        this.input, element("span", { class: "session-name" }, name ?? "No session"), this.held, this.facts),
      this.reset)
    this.facts.textContent = "Each run begins empty."
  }

  /** @param {SessionSummary | null} session @param {SessionTimes | null} times */
  show(session, times) {
    if (!this.name)
      return
    this.#session = session
    this.reset.hidden = !session
    this.held.textContent = !session ? "new" : session.state === "running" ? "running" : count(session.variableCount, "variable")
    fill(this.facts, ...session && times
      ? sessionFacts(session, times).map((fact) => element("span", {}, fact))
      : ["Begins empty with the next run."])
  }
}
