import { element, fill } from "../ui/element.js"
import { exactClock, visible } from "../ui/format.js"
import { toast } from "../ui/toast.js"
import { VirtualRows } from "../ui/virtual-rows.js"
import { Timeline } from "./timeline.js"

/** @import { TimelineRow } from "./timeline.js" */

/** @typedef {import("../contracts/runs.js").RunLines} RunLines */

const rowHeight = 21

/** A board's lines and a run's, in two columns on one clock. */
export class TimelineView {
  timeline = new Timeline()
  #followed = ""
  #stop = () => {}

  /** @param {RunLines} runs */
  constructor(runs) {
    this.runs = runs
    this.choice = element("select", { class: "field small", "aria-label": "Run beside the board", onchange: () => this.follow(this.choice.value) })
    this.rows = new VirtualRows(rowHeight, (/** @type {TimelineRow} */ row) => row.key, rowElement, { tabindex: 0, role: "log", "aria-label": "Board and run" })
    this.element = element("section", { class: "device-aside-inner timeline", "aria-label": "Run" }, this.choice,
      element("div", { class: "timeline-row timeline-head", "aria-hidden": "true" }, element("span", {}, "Time"), element("span", {}, "Board"), element("span", {}, "Run")), this.rows.element)
    this.#fillChoice([])
  }

  async open() {
    try {
      this.#fillChoice(await this.runs.recent())
    } catch (problem) {
      toast(problem instanceof Error ? problem.message : String(problem), "error")
    }
  }

  /** @param {string} id "" for none */
  follow(id) {
    if (id === this.#followed)
      return
    this.#stop()
    this.#followed = id
    this.timeline.clear("run")
    this.draw()
    this.#stop = id === "" ? () => {} : this.runs.follow(id, (line, at) => this.#take("run", line, at), ({ message }) => toast(message, "error"))
    if (![...this.choice.options].some(({ value }) => value === id))
      this.choice.append(element("option", { value: id }, id))
    this.choice.value = id
  }

  /** @param {string} line @param {Date} at */
  takeBoard(line, at) {
    this.#take("board", line, at.getTime())
  }

  close() {
    this.#stop()
  }

  draw() {
    const { element: scroller } = this.rows
    const wasAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 2 * rowHeight
    this.rows.show(this.timeline.rows)
    if (wasAtEnd)
      scroller.scrollTop = scroller.scrollHeight
  }

  /** @param {"board" | "run"} from @param {string} line @param {number} at */
  #take(from, line, at) {
    this.timeline.add(from, line, at)
    this.draw()
  }

  /** @param {{ id: string, title: string }[]} recent */
  #fillChoice(recent) {
    fill(this.choice, element("option", { value: "" }, "No run beside it"), ...recent.map(({ id, title }) => element("option", { value: id }, visible(title) || id)))
    this.choice.value = this.#followed
  }
}

/** @param {TimelineRow} row */
function rowElement({ at, from, text }) {
  const words = element("bdi", {}, visible(text))
  return element("div", { class: "timeline-row" }, element("time", {}, exactClock(new Date(at))), from === "board" ? words : element("span", {}), from === "run" && words)
}
