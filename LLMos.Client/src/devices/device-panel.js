import { ChartLine, Columns2, EllipsisVertical, FileDown, FileInput, Cable, PencilLine, RotateCcw, Search, SlidersHorizontal, SquareTerminal, ToggleLeft, Trash2, Zap } from "lucide"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { attachMenu } from "../ui/menu.js"
import { safeName } from "../ui/safe-name.js"
import { SplitPane } from "../ui/split-pane.js"
import { toast } from "../ui/toast.js"
import { CommandForm } from "./command-form.js"
import { deviceFacts, runOf, stateTone, stateWord } from "./device-words.js"
import { LeaseBar } from "./lease-bar.js"
import { LineComposer } from "./line-composer.js"
import { TerminalBar } from "./terminal-bar.js"
import { TerminalText } from "./terminal-text.js"
import { TimelineView } from "./timeline-view.js"

/** @import { DeviceEvent } from "../contracts/devices.js" */
/** @import { RunLines } from "../contracts/runs.js" */
/** @import { MenuItem } from "../ui/menu.js" */
/** @import { Person } from "./lease-bar.js" */
/** @import { OpenDevice } from "./open-device.js" */
/** @import { PlotView } from "./plot-view.js" */
/** @import { TerminalView } from "./terminal-view.js" */

const encoder = new TextEncoder()

/** One device: who has it, what it says, what is sent to it, and its tools. */
export class DevicePanel {
  /** @type {OpenDevice | null} */
  #device = null
  /** @type {TerminalView | null} */
  #terminal = null
  /** What the terminal has of the record: while it is paused, the record goes on. */
  #shown = 0
  #text = new TerminalText({ times: true, hex: false, sent: true, filter: "" })
  /** @type {PlotView | null} */
  #plot = null
  /** @type {TimelineView | null} */
  #timeline = null

  /** @param {Person} person @param {RunLines | null} runs null for who may not run @param {(path: string) => Promise<Blob>} readFile of a volume @param {Storage} storage */
  constructor(person, runs, readFile, storage) {
    this.readFile = readFile
    this.person = person
    this.runs = runs
    this.title = element("h2", { class: "panel-title" })
    this.state = element("span", { class: "state", "data-testid": "device-state" })
    this.facts = element("span", { class: "device-facts" })
    this.lease = new LeaseBar(person, {
      takeAsked: (reason, takeOver) => this.#try(async (device) => {
        await device.lease.take({ reason: reason || null, takeOver })
        this.#terminal?.focus()
      }),
      waitAsked: (reason) => this.#try(async (device) => {
        if (await device.lease.wait({ reason: reason || null }))
          toast(`It is your turn: you have ${device.summary.name}.`)
      }),
      stopWaitingAsked: () => this.#device?.lease.stopWaiting(),
      giveBackAsked: () => this.#try((device) => device.lease.giveBack()),
    })
    this.bar = new TerminalBar(storage, {
      choicesChanged: () => this.#redraw(),
      pauseChanged: (isPaused) => isPaused || this.#goOn(),
      endAsked: () => (this.#terminal?.toEnd(), this.bar.end.disabled = true),
      clearAsked: () => (this.#device?.record.clear(), this.#redraw()),
      findAsked: (words, way) => this.#terminal?.find(words, way) ?? false,
    })
    this.composer = new LineComposer(storage, { lineSent: async (text) => this.#try((device) => device.write(encoder.encode(text))) })
    this.commands = new CommandForm((command) => this.#required.client.command(this.#required.id, this.#required.lease.required, command))
    this.screen = element("div", { class: "terminal-screen" })
    this.aside = element("div", { class: "panel device-aside", hidden: true })
    this.empty = element("div", { class: "empty" }, element("div", { class: "empty-inner" }, element("h3", {}, "Choose a device"), element("p", {}, "Everybody sees what a board says and who has it. Who has the lease writes to it.")))
    this.talk = element("div", { class: "panel device-talk" }, this.bar.element, this.screen, this.composer.element)
    this.split = new SplitPane(this.talk, this.aside, "Width of the terminal", "llmos.device.split", { start: 66 })
    this.split.divider.hidden = true
    this.header = element("header", { class: "panel-header device-header" }, this.title, this.state, this.facts, element("span", { class: "spring" }), ...this.#asideButtons(), this.#menuButton())
    this.body = element("div", { class: "device-body", hidden: true }, this.header, this.lease.element, this.split.element)
    this.element = element("section", { class: "device-panel", "aria-label": "Device" }, this.empty, this.body)
  }

  /** @param {OpenDevice | null} device */
  async show(device) {
    this.#device = device
    this.empty.hidden = device !== null
    this.body.hidden = device === null
    this.#timeline?.close()
    this.#timeline = null
    this.#plot = null
    this.#showAside("")
    if (!device)
      return
    this.refresh()
    if (!this.#terminal) {
      const { TerminalView } = await import("./terminal-view.js")
      this.#terminal ??= this.#opened(new TerminalView({ typed: (text) => this.#typed(text), endChanged: (isAtEnd) => this.bar.end.disabled = isAtEnd }))
    }
    this.#redraw()
  }

  /** Shows what has changed about it. */
  refresh() {
    const device = this.#device
    if (!device)
      return
    const { summary } = device
    fill(this.title, safeName(summary.name))
    fill(this.state, element("span", { class: `dot dot-${stateTone(summary)}` }), stateWord(summary, this.person.user))
    this.facts.textContent = deviceFacts(summary).join(" · ")
    this.lease.show(device)
    const run = summary.lease && runOf(summary.lease.holder)
    if (run)
      this.#timeline?.follow(run)
  }

  /** @param {OpenDevice} device @param {DeviceEvent[]} events */
  eventsArrived(device, events) {
    if (device !== this.#device || !this.#terminal)
      return
    this.#plot?.draw()
    if (this.bar.isPaused) {
      this.bar.missed(events.length)
    } else {
      this.#terminal.write(this.#text.write(events))
      this.#shown = device.record.end
    }
  }

  /** @param {OpenDevice} device @param {string} line @param {Date} at */
  lineArrived(device, line, at) {
    if (device === this.#device)
      this.#timeline?.takeBoard(line, at)
  }

  get #required() {
    if (!this.#device)
      throw new Error("Choose a device first.")
    return this.#device
  }

  /** @param {TerminalView} terminal */
  #opened(terminal) {
    fill(this.screen, terminal.element)
    terminal.open()
    return terminal
  }

  #redraw() {
    this.#text = new TerminalText(this.bar.choices)
    this.#terminal?.show(this.#text.write(this.#device?.record.events ?? []))
    this.#shown = this.#device?.record.end ?? 0
  }

  #goOn() {
    if (!this.#device)
      return
    const { events, lost } = this.#device.record.since(this.#shown)
    if (lost > 0)
      events.unshift({ sequence: 0, at: new Date(), kind: "skipped", by: null, data: null, text: `${count(lost, "event")} came while it was paused that the page could not keep; the log has them` })
    this.#terminal?.write(this.#text.write(events))
    this.#shown = this.#device.record.end
  }

  /** @param {string} text */
  #typed(text) {
    if (this.#device?.lease.id === null) {
      toast("Take the device to type: only who has it may write to it.")
      return
    }
    // The key of a terminal says CR; a board wants the end that was chosen.
    const ending = { lf: "\n", crlf: "\r\n" }[this.composer.ending.value] ?? "\r"
    void this.#try((device) => device.write(encoder.encode(text.replaceAll("\r", ending))))
  }

  /** @param {(device: OpenDevice) => unknown} deed @returns {Promise<boolean>} whether it was done; if not, it was said why */
  async #try(deed) {
    try {
      await deed(this.#required)
      return true
    } catch (problem) {
      toast(problem instanceof Error ? problem.message : String(problem), "error")
      return false
    }
  }

  #asideButtons() {
    const button = (/** @type {string} */ name, /** @type {string} */ words, /** @type {import("lucide").IconNode} */ symbol) =>
      element("button", { class: "button quiet small toggle", type: "button", title: words, "aria-label": words, "data-aside": name, "aria-pressed": "false", onclick: () => void this.#openAside(name) }, icon(symbol), element("span", { class: "device-head-word" }, words))
    this.asideButtons = [button("commands", "Commands", SquareTerminal), button("plot", "Plot", ChartLine), ...this.runs ? [button("run", "Run", Columns2)] : []]
    return this.asideButtons
  }

  /** @param {string} name of what is opened, or closed when it is open */
  async #openAside(name) {
    const device = this.#required
    if (this.aside.dataset.shown === name) {
      this.#showAside("")
      return
    }
    if (name === "commands") {
      this.#showAside(name, this.commands.element)
    } else if (name === "plot") {
      const { PlotView } = await import("./plot-view.js")
      this.#plot = new PlotView(device.telemetry)
      this.#showAside(name, this.#plot.element)
      this.#plot.draw()
    } else if (this.runs) {
      this.#timeline ??= new TimelineView(this.runs)
      this.#showAside(name, this.#timeline.element)
      await this.#timeline.open()
      this.refresh()
    }
  }

  /** @param {string} name @param {...HTMLElement} content */
  #showAside(name, ...content) {
    this.aside.dataset.shown = name
    this.aside.hidden = name === ""
    this.split.divider.hidden = name === ""
    this.asideButtons?.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.aside === name)))
    fill(this.aside, ...content)
  }

  #menuButton() {
    const button = element("button", { class: "button quiet square", type: "button", title: "More about this device", "aria-label": "More about this device" }, icon(EllipsisVertical))
    const anchor = element("div", { class: "anchor" }, button)
    const dialog = (/** @type {(dialogs: typeof import("./device-dialogs.js"), device: OpenDevice) => unknown} */ open) => () =>
      void this.#try(async (device) => open(await import("./device-dialogs.js"), device))
    /** @type {(MenuItem | "line")[]} */
    const holders = [
      { label: "Flash…", icon: Zap, note: "Of an ESP: a file of a volume, or of this computer", chosen: () => void this.#try(async (device) => new (await import("./flash-dialog.js")).FlashDialog(device, this.readFile)) },
      { label: "Reset", icon: RotateCcw, note: "Starts the program anew", chosen: () => void this.#try((device) => device.client.reset(device.id, device.lease.required, "run")) },
      { label: "Reset into the loader", icon: FileInput, chosen: () => void this.#try((device) => device.client.reset(device.id, device.lease.required, "bootloader")) },
      { label: "Settings…", icon: SlidersHorizontal, note: "Baud rate and framing", chosen: dialog(({ openSettings }, device) => openSettings(device)) },
      { label: "Signals…", icon: ToggleLeft, note: "DTR, RTS, break", chosen: dialog(({ openSignals }, device) => openSignals(device)) },
      { label: "Use with other tools…", icon: Cable, note: "esptool, idf.py, PlatformIO, pyserial", chosen: dialog(({ openTools }, device) => openTools(device)) },
      "line",
      { label: "Name and tags…", icon: PencilLine, chosen: dialog(({ openDescription }, device) => openDescription(device)) },
      { label: "Forget this device", icon: Trash2, note: "When it is gone; its log too", chosen: () => void this.#try((device) => device.client.remove(device.id)) },
      "line",
    ]
    const formats = /** @type {["text" | "hex" | "cast" | "jsonl", string, string][]} */ ([["text", "Log as text", "What the board sent"], ["hex", "Log as hex", "Both ways, with times"], ["cast", "Log as a recording", "asciinema plays it"], ["jsonl", "Log as events", "JSON lines"]])
    attachMenu(button, "More about this device", [
      ...this.person.role === "viewer" ? [] : holders,
      { label: "Search the log…", icon: Search, chosen: dialog(({ openSearch }, device) => openSearch(device)) },
      ...formats.map(([format, label, note]) => ({ label, note, icon: FileDown, chosen: () => element("a", { href: this.#required.client.downloadAddress(this.#required.id, format), download: true }).click() })),
    ])
    return anchor
  }
}
