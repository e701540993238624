import { element, fill } from "../ui/element.js"
import { clock, day, duration, stopwatch } from "../ui/format.js"
import { isLive, runningTime, timeOf } from "./run-list.js"
import { stateTone, stateWord } from "./run-words.js"

/** @import { RunSummary } from "../contracts/runs.js" */
/** @import { RunList } from "./run-list.js" */

/** @typedef {{ olderAsked(): void }} RunHistoryDelegate */

/** The list of past and present runs; arrow keys move in it. */
export class RunHistory {
  #chosen = ""
  #frame = 0

  /** @param {RunList} runs @param {RunHistoryDelegate} delegate @param {boolean} canRun */
  constructor(runs, delegate, canRun) {
    this.runs = runs
    this.canRun = canRun
    this.groups = element("div", { class: "history-groups" })
    this.older = element("button", { class: "button quiet small", type: "button", hidden: true, onclick: () => delegate.olderAsked() }, "Show older runs")
    this.element = element("nav", { class: "panel history", "aria-label": "Runs", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event) },
      element("header", { class: "panel-header" }, element("h2", { class: "panel-title" }, "Runs")),
      element("div", { class: "history-scroller" }, this.groups, this.older))
    setInterval(() => this.runs.anyLive && this.draw(), 1000)
    this.draw()
  }

  /** @param {string} id "" for none */
  choose(id) {
    this.#chosen = id
    this.draw()
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#drawNow()
    })
  }

  #drawNow() {
    const now = new Date()
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.run
    // One stop for the Tab key; the arrows move within.
    const stop = this.runs.find(focused ?? this.#chosen)?.id ?? this.runs.all[0]?.id
    const groups = this.runs.grouped((run) => day(timeOf(run), now))
    fill(this.groups, ...groups.map(([heading, runs]) => element("section", {},
      element("h3", { class: "history-day" }, heading),
      element("ul", {}, ...runs.map((run) => element("li", {}, this.#row(run, now.getTime(), run.id === stop)))))),
    groups.length === 0 && element("p", { class: "history-empty" }, this.canRun
      ? "Every run you start is kept here, with its code and output."
      : "Your role is viewer: programs are run by members. An administrator can change that."))
    if (focused)
      this.#find(focused)?.focus()
  }

  /** @param {RunSummary} run @param {number} now @param {boolean} isStop */
  #row(run, now, isStop) {
    const time = runningTime(run, now)
    const lasted = time === null ? "" : isLive(run) ? stopwatch(time).replace(/\.\d/, "") : duration(time)
    const tone = stateTone(run.state)
    return element("a", {
      class: "history-row",
      href: `#run=${run.id}`,
      "data-run": run.id,
      tabindex: isStop ? 0 : -1,
      "aria-current": run.id === this.#chosen && "true",
      title: `${stateWord(run.state)}, ${timeOf(run).toLocaleString()}`,
    },
    element("span", { class: `dot dot-${tone}` }),
    element("span", { class: "history-title" }, run.title || "Empty program"),
    element("span", { class: "history-meta" },
      element("span", { class: tone === "good" ? "visually-hidden" : `word-${tone}` }, stateWord(run.state)),
      element("span", {}, clock(timeOf(run))),
      run.session && element("span", { class: "history-session" }, run.session),
      lasted && element("span", { class: "history-lasted" }, lasted)))
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!by)
      return
    const rows = [.../** @type {NodeListOf<HTMLElement>} */ (this.groups.querySelectorAll(".history-row"))]
    const here = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    const next = rows[here + by]
    if (here < 0 || !next)
      return
    event.preventDefault()
    next.focus()
  }

  /** @param {string} id @returns {HTMLElement | null} */
  #find(id) {
    return this.groups.querySelector(`[data-run="${CSS.escape(id)}"]`)
  }
}
