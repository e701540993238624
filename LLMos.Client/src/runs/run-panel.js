import { Download } from "lucide"
import { element, fill } from "../ui/element.js"
import { count, duration, stopwatch } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { ExampleCards } from "./example-cards.js"
import { OutputView } from "./output-view.js"
import { RunControls } from "./run-controls.js"
import { RunFileList } from "./run-file-list.js"
import { timeOf } from "./run-list.js"
import { RunMeters } from "./run-meters.js"
import { stateTone, stateWord } from "./run-words.js"
import { SessionMark } from "./session-mark.js"

/** @import { RunSummary } from "../contracts/runs.js" */
/** @import { Example } from "./examples.js" */
/** @import { RunOutput } from "./run-output.js" */
/** @import { RunControlsDelegate } from "./run-controls.js" */

/** @typedef {RunControlsDelegate & { lineChosen(line: number): void, exampleChosen(example: Example): void, fileChosen(path: string): void }} RunPanelDelegate */

const tickMilliseconds = 100

/** The output side: state and time above, what the run wrote, the limits below. */
export class RunPanel {
  /** @type {RunOutput | null} */
  #run = null
  #announced = ""
  #latestArrival = 0
  #createdAt = 0

  /** @param {RunPanelDelegate} delegate @param {boolean} canRun */
  constructor(delegate, canRun) {
    this.output = new OutputView(delegate)
    this.files = new RunFileList((path) => delegate.fileChosen(path))
    this.meters = new RunMeters()
    this.controls = new RunControls(delegate, canRun)
    this.controls.element.classList.add("phone-only")
    this.examples = new ExampleCards((example) => delegate.exampleChosen(example), canRun)
    this.state = element("span", { class: "state", "data-testid": "run-state" })
    this.time = element("span", { class: "state-time", role: "timer", "aria-live": "off" })
    this.session = new SessionMark()
    this.meters.element.append(this.session.stopNote)
    this.download = element("a", { class: "button quiet square", download: true, hidden: true, title: "Download the output as text", "aria-label": "Download the output as text" }, icon(Download))
    this.silent = element("p", { class: "silent", hidden: true }, "The program wrote nothing.")
    this.line = element("div", { class: "panel-progress", "aria-hidden": "true" })
    this.status = element("div", { class: "visually-hidden", role: "status" })
    this.element = element("section", { class: "panel run-panel", "aria-label": "Output" },
      element("header", { class: "panel-header" },
        element("h2", { class: "panel-title" }, "Output"), this.state, this.time, this.session.element, element("span", { class: "spring" }), this.download, this.controls.element),
      this.line, this.examples.element, this.silent, this.output.element, this.files.element, this.meters.element, this.status)
    this.showNothing()
    setInterval(() => this.#run?.live && this.#tell(), tickMilliseconds)
  }

  showNothing() {
    this.#run = null
    this.output.clear()
    this.output.element.hidden = true
    this.examples.element.hidden = false
    this.files.element.hidden = true
    this.meters.element.hidden = true
    this.download.hidden = true
    this.silent.hidden = true
    this.line.hidden = true
    fill(this.state)
    this.session.clear()
    this.time.textContent = ""
    document.title = "LLMos"
  }

  /** @param {RunOutput} run @param {string} outputAddress @param {RunSummary} summary */
  show(run, outputAddress, summary) {
    this.#run = run
    this.#announced = ""
    this.#createdAt = timeOf(summary).getTime()
    this.session.begin(summary.session ?? null)
    this.examples.element.hidden = true
    this.output.element.hidden = false
    this.download.href = outputAddress
    this.output.show(run.transcript, outputAddress)
    this.refresh()
  }

  /** Shows what the run has become. */
  refresh() {
    this.#latestArrival = performance.now()
    this.output.draw()
    this.#tell()
  }

  #tell() {
    const run = this.#run
    if (!run)
      return
    const elapsed = this.#elapsed(run)
    const word = run.state === "queued" && run.queuePosition ? `Queued, number ${run.queuePosition} in line` : stateWord(run.state)
    this.element.dataset.tone = stateTone(run.state)
    if (this.state.textContent !== word || this.state.firstElementChild?.className !== `dot dot-${stateTone(run.state)}`)
      fill(this.state, element("span", { class: `dot dot-${stateTone(run.state)}` }), word)
    this.time.textContent = run.usage ? duration(run.usage.wallMilliseconds) : run.state === "running" ? stopwatch(elapsed) : ""
    this.download.hidden = run.live || run.transcript.isEmpty
    this.silent.hidden = run.live || !run.transcript.isEmpty || run.files.list.length > 0
    this.files.show(run.files)
    this.meters.show(run, elapsed)
    this.session.show(run)
    this.#drawLine(run)
    this.#announce(run)
  }

  /** Milliseconds since the start, by the run's own clock and what has passed here since. @param {RunOutput} run */
  #elapsed(run) {
    if (run.startedAt === null || !run.limits)
      return 0
    const byEvents = run.latestAt - run.startedAt + performance.now() - this.#latestArrival
    // A page that was opened late knows better from the time of day, if both clocks agree roughly.
    const byClock = Date.now() - this.#createdAt - run.startedAt
    return byClock <= run.limits.timeoutSeconds * 1000 ? Math.max(byEvents, byClock) : byEvents
  }

  /** @param {RunOutput} run */
  #drawLine({ live, state, progress }) {
    this.line.hidden = !live
    const share = progress?.total ? progress.done / progress.total : null
    this.line.classList.toggle("panel-progress-unknown", state === "running" && share === null)
    this.line.style.setProperty("--share", String(Math.min(1, share ?? 0)))
  }

  /** @param {RunOutput} run */
  #announce(run) {
    if (this.#announced === run.state)
      return
    this.#announced = run.state
    document.title = `${stateWord(run.state)} · LLMos`
    const lost = !run.live && run.session?.state === "lost" && `Variables of the session ${run.session.name} were lost.`
    const parts = [
      stateWord(run.state),
      run.usage && `after ${duration(run.usage.wallMilliseconds)}`,
      !run.live && run.figures > 0 && `with ${count(run.figures, "figure")}`,
    ].filter(Boolean).join(" ")
    this.status.textContent = [`${parts}.`, run.error && !run.live && `${run.error.name}: ${run.error.message}`, lost].filter(Boolean).join(" ")
  }
}
