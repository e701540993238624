import { CircleAlert } from "lucide"
import { openConfirmation } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"
import { SessionRow } from "./session-row.js"
import { newSessionForm } from "./session-form.js"

/** @import { SessionSummary } from "../contracts/runs.js" */
/** @import { Sessions } from "./sessions.js" */

/** Behind the session button: none, one of one's sessions, or a new one; each with what it holds and how long it stays. */
export class SessionPanel {
  /** @type {Map<string | null, SessionRow>} */
  #rows = new Map()

  /** @param {Sessions} sessions @param {HTMLElement} popover that this stands in @param {HTMLElement} button that opens it */
  constructor(sessions, popover, button) {
    this.sessions = sessions
    this.popover = popover
    this.button = button
    this.choices = element("div", { class: "session-rows", role: "radiogroup", "aria-label": "Session" })
    this.failure = element("div", { class: "session-failure", role: "alert" })
    this.note = element("p", { class: "hint" })
    this.element = element("div", { class: "sessions-inner" },
      element("h2", {}, "Session of the next run"),
      element("p", { class: "hint" }, "A session keeps its variables from run to run."),
      this.failure,
      this.choices,
      newSessionForm((name) => {
        sessions.choose(name)
        popover.hidePopover()
      }),
      this.note)
    sessions.watch(() => this.#draw())
    let seconds = 0
    setInterval(() => {
      if (!popover.matches(":popover-open"))
        return
      // What is pushed has no memory in it.
      if (++seconds % 5 === 0)
        void sessions.refresh()
      this.#drawTimes()
    }, 1000)
    this.#draw()
  }

  /** Goes to the chosen one. */
  focus() {
    this.#rows.get(this.sessions.choice.name)?.input.focus()
  }

  #draw() {
    const { choice, list, failure, bounds } = this.sessions
    const known = list.all.map((session) => session.name)
    const names = [null, ...known, ...choice.name && !known.includes(choice.name) ? [choice.name] : []]
    const hadFocus = this.choices.contains(document.activeElement)
    for (const [name, row] of this.#rows) {
      if (!names.includes(name)) {
        row.element.remove()
        this.#rows.delete(name)
      }
    }
    names.forEach((name, index) => {
      const row = this.#rows.get(name) ?? new SessionRow(name, this)
      this.#rows.set(name, row)
      if (this.choices.children[index] !== row.element)
        this.choices.insertBefore(row.element, this.choices.children[index] ?? null)
      row.input.checked = name === choice.name
      // The browser gives it the focus as the list opens.
      row.input.toggleAttribute("autofocus", row.input.checked)
    })
    this.#drawTimes()
    if (hadFocus && !this.choices.contains(document.activeElement))
      this.focus()

    this.failure.hidden = failure === null
    fill(this.failure, icon(CircleAlert, 15), element("span", {}, failure),
      element("button", { class: "button small", type: "button", onclick: () => this.sessions.refresh() }, "Try again"))
    this.note.textContent = bounds
      ? `${known.length} of at most ${count(bounds.maxSessions, "session")}. Each closes after ${count(bounds.idleMinutes, "minute")} without a run.`
      : failure ? "" : "Looking for your sessions…"
  }

  #drawTimes() {
    const now = Date.now()
    for (const [name, row] of this.#rows) {
      const session = this.sessions.list.find(name)
      row.show(session, session && this.sessions.list.times(session.name, now))
    }
  }

  /** @param {string | null} name */
  sessionChosen(name) {
    this.sessions.choose(name)
  }

  sessionClicked() {
    this.popover.hidePopover()
  }

  /** @param {SessionSummary} session */
  resetAsked({ name, state, variableCount }) {
    const reset = () => this.sessions.close(name).then(
      () => toast(`${name} was reset: the next run in it begins empty.`),
      (problem) => toast(problem.message, "error"))
    if (variableCount === 0) {
      void reset()
      return
    }
    const loss = `This deletes its ${count(variableCount, "variable")}`
    openConfirmation(`Reset “${name}”?`, state === "running" ? `${loss} and stops the run in it.` : `${loss}.`, "Reset", reset)
      .addEventListener("close", () => this.button.focus())
  }
}
