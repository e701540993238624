import { clock, count, day } from "../ui/format.js"
import { element } from "../ui/element.js"
import { SplitPane } from "../ui/split-pane.js"
import { toast } from "../ui/toast.js"
import { ViewTabs } from "../ui/view-tabs.js"
import { EditorPanel } from "./editor-panel.js"
import { RunHistory } from "./run-history.js"
import { RunList, timeOf } from "./run-list.js"
import { RunOutput } from "./run-output.js"
import { RunPanel } from "./run-panel.js"

/** @import { RunError, RunEvent, RunRecord, RunSummary } from "../contracts/runs.js" */
/** @import { Draft } from "./draft.js" */
/** @import { EditorFiles } from "./editor-panel.js" */
/** @import { Example } from "./examples.js" */
/** @import { RunClient } from "./run-client.js" */
/** @import { Follow } from "../connection/follow.js" */
/** @import { Sessions } from "./sessions.js" */

/** Editor, output and history together: which run is shown, and what happens on Run and Stop. */
export class RunsPage {
  #runs = new RunList()
  /** @type {{ id: string, output: RunOutput, follow: Follow<RunEvent> } | null} */
  #shown = null
  /** Started while another one is shown that still runs, the next one first. @type {RunSummary[]} */
  #queued = []
  #sending = false
  #controlState = ""
  /** @type {RunError | null} */
  #markedError = null

  /** @param {RunClient} client @param {Draft} draft @param {Sessions} sessions @param {boolean} canRun @param {EditorFiles} files @param {HTMLElement} filesPanel what lies beside the runs */
  constructor(client, draft, sessions, canRun, files, filesPanel) {
    this.client = client
    this.sessions = sessions
    this.canRun = canRun
    this.editor = new EditorPanel(this, draft, sessions, canRun, files)
    this.panel = new RunPanel(this, canRun)
    this.history = new RunHistory(this.#runs, this, canRun)
    this.tabs = new ViewTabs("View", [["code", "Code"], ["output", "Output"], ["files", "Files"], ["runs", "Runs"]])
    const split = new SplitPane(this.editor.element, this.panel.element, "Width of the editor", "llmos.split")
    const side = new SplitPane(filesPanel, this.history.element, "Height of the files", "llmos.side", { name: "side", start: 60 })
    this.element = element("main", { class: "desk" }, side.element, split.element, this.tabs.element)
    this.tabs.govern(this.element)
  }

  async start() {
    this.client.onRunChanged((run) => this.#changed(run))
    addEventListener("hashchange", () => this.#openAddress())
    addEventListener("keydown", (event) => this.#press(event))
    const limits = this.client.limits().then((answer) => this.editor.settings.allow(answer))
    // Whoever may not run has no runs to list either: the server refuses both.
    const runs = this.canRun ? [this.#openAddress(), this.#refreshHistory(), this.sessions.refresh()] : []
    await Promise.all([limits, ...runs].map((part) => part.catch(tell)))
  }

  hubConnected() {
    this.#shown?.follow.resume()
    this.#refreshHistory().catch(tell)
    void this.sessions.refresh()
  }

  async runAsked() {
    const code = this.editor.code
    const settings = this.editor.settings.request()
    if (!this.canRun || this.#sending || !settings)
      return
    if (code === null) {
      toast("This file is not a Python program. Open one, or go to the draft.")
      return
    }
    if (code.trim() === "") {
      toast("There is no program yet: write some Python, or take an example.")
      this.editor.program?.focus()
      return
    }

    this.#sending = true
    this.#setControls()
    try {
      const session = this.sessions.choice.name
      const run = await this.client.start({ ...settings, code, ...placeOf(this.editor.path), ...session && { session } })
      this.#changed(run)
      if (this.#shown?.output.live) {
        // What runs stays in view, and is what Stop ends.
        this.#queued.push(run)
        toast(`${count(this.#queued.length, "run")} queued: shown when the one before has ended.`)
      } else {
        this.#turnTo(run)
      }
      this.tabs.choose("output")
    } catch (problem) {
      tell(problem)
    } finally {
      this.#sending = false
      this.#setControls()
    }
  }

  /** @param {RunSummary} run that was started here */
  #turnTo(run) {
    const queued = this.#queued
    this.#follow(run)
    this.#queued = queued
    history.pushState(null, "", `#run=${run.id}`)
  }

  stopAsked() {
    if (this.#shown)
      this.client.cancel(this.#shown.id).catch(tell)
  }

  interruptAsked() {
    if (this.#shown)
      this.client.interrupt(this.#shown.id).catch(tell)
  }

  /** @param {number} line */
  lineChosen(line) {
    this.tabs.choose("code")
    this.editor.program?.goToLine(line)
  }

  /** @param {string} path of a file that the run wrote */
  fileChosen(path) {
    this.tabs.choose("code")
    this.editor.files.open(path)
  }

  /** @param {Example} example */
  exampleChosen(example) {
    const hadDraft = this.editor.draft.text.trim() !== ""
    this.editor.replaceDraft(example.code)
    if (hadDraft)
      toast("The example took the place of your draft; undo brings it back.")
    this.tabs.choose("code")
    this.editor.editor.focus()
    this.#setControls()
  }

  /** Another file is on the screen, or none any more. */
  fileShown() {
    this.editor.fileShown()
    this.#setControls()
  }

  draftAsked() {
    this.editor.showDraft()
    this.#setControls()
    this.editor.editor.focus()
  }

  copyToDraftAsked() {
    this.editor.replaceDraft(this.editor.editor.text)
    this.#setControls()
    this.editor.editor.focus()
  }

  async olderAsked() {
    const { runs } = await this.client.list(this.#runs.oldest?.id)
    this.#keep(runs)
  }

  async #refreshHistory() {
    const { runs } = await this.client.list()
    this.#keep(runs)
  }

  /** @param {RunSummary[]} runs */
  #keep(runs) {
    runs.forEach((run) => this.#runs.put(run))
    this.history.older.hidden = runs.length < 50
    this.history.draw()
  }

  /** @param {RunSummary} run */
  #changed(run) {
    this.#runs.put(run)
    this.sessions.runChanged(this.#runs.find(run.id))
    this.history.draw()
  }

  async #openAddress() {
    const address = /^(?:#run=([\w-]+))?$/.exec(location.hash)
    const id = address?.[1] ?? ""
    // Another place of the page has the other addresses.
    if (!address || id === (this.#shown?.id ?? ""))
      return
    if (id === "") {
      this.#showNothing()
      return
    }

    try {
      const record = await this.client.read(id)
      if (record.code === this.editor.draft.text)
        this.editor.showDraft()
      else if (record.code !== this.editor.code)
        this.editor.showPast(record.code, `${day(timeOf(record), new Date())}, ${clock(timeOf(record))}`)
      this.#follow(record)
      this.tabs.choose("output")
    } catch (problem) {
      tell(problem)
      history.replaceState(null, "", location.pathname)
      this.#showNothing()
    }
  }

  #showNothing() {
    this.#shown?.follow.stop()
    this.#shown = null
    this.history.choose("")
    this.panel.showNothing()
    this.editor.showDraft()
    this.#setControls()
  }

  /** @param {RunSummary & Partial<RunRecord>} run */
  #follow(run) {
    this.#shown?.follow.stop()
    this.#queued = []
    this.editor.program?.mark(null)
    const output = new RunOutput()
    if (run.endedAt && run.files)
      output.files.takeAll(run.files, run.filesOmitted)
    const follow = this.client.follow(run.id, {
      lastSequence: () => output.lastSequence,
      eventsArrived: (events) => {
        const whole = output.apply(events)
        this.panel.refresh()
        this.#setControls()
        this.#markError(output)
        if (!output.live && !run.endedAt && output.files.list.length > 0)
          void this.#readFiles(run.id, output)
        const next = output.live ? undefined : this.#queued.shift()
        if (next)
          this.#turnTo(next)
        return whole
      },
      followFailed: tell,
    })
    this.#shown = { id: run.id, output, follow }
    this.panel.show(output, this.client.outputAddress(run.id), run)
    this.history.choose(run.id)
    this.#setControls()
    follow.start()
  }

  /** The record tells of the files in the end, as events are only so many. @param {string} id @param {RunOutput} output */
  async #readFiles(id, { files }) {
    const record = await this.client.read(id).catch(() => null)
    if (!record?.files)
      return
    files.takeAll(record.files, record.filesOmitted)
    if (this.#shown?.id === id)
      this.panel.refresh()
  }

  #setControls() {
    const state = this.#sending ? "sending" : this.#shown?.output.live ? "live"
      : this.editor.program === null ? "no-program" : this.editor.showing === "past" && this.editor.program === this.editor.editor ? "run-again" : "run"
    if (this.#controlState === state)
      return
    this.#controlState = state
    this.editor.controls.set(state)
    this.panel.controls.set(state)
  }
  /** @param {RunOutput} output */
  #markError({ error }) {
    if (!error?.line || error === this.#markedError)
      return
    this.#markedError = error
    this.editor.program?.mark({ line: error.line, column: error.column, message: `${error.name}: ${error.message}` })
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!(event.ctrlKey || event.metaKey) || event.defaultPrevented || this.element.hidden || document.querySelector("dialog[open]"))
      return
    if (event.key === "." && this.#shown?.output.live) {
      event.preventDefault()
      this.interruptAsked()
    } else if (event.key === "Enter") {
      event.preventDefault()
      void this.runAsked()
    }
  }
}

/** A file runs where it lies, as in a notebook's folder; but for what comes with the product, where nothing can be written. @param {string | null} path */
function placeOf(path) {
  if (path === null)
    return {}
  return path.startsWith("system/") ? { path } : { path, workingFolder: path.slice(0, path.lastIndexOf("/")) }
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}
