import { X } from "lucide"
import { openConfirmation } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { safeName } from "../ui/safe-name.js"
import { FilePane } from "./file-pane.js"

/** @import { Change } from "../contracts/volumes.js" */
/** @import { CodeEditor } from "../ui/code-editor.js" */
/** @import { RichViews } from "./file-views.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ shownChanged(): void, runAsked(): void, draftSaveAsked(): void, opened(path: string): void }} OpenFilesDelegate */

/** The files that are open, as tabs; the first tab is the program that is no file. */
export class OpenFiles {
  /** @type {OpenFilesDelegate | null} */
  delegate = null
  /** @type {FilePane[]} */
  #panes = []
  /** @type {FilePane | null} */
  #shown = null

  /** @param {Volumes} volumes @param {RichViews} rich */
  constructor(volumes, rich) {
    this.volumes = volumes
    this.rich = rich
    this.strip = element("div", { class: "file-tabs", role: "group", "aria-label": "Open files", hidden: true })
    this.stage = element("div", { class: "file-stage", hidden: true })
    volumes.listen({ filesChanged: (changes) => this.#apply(changes), filesUnsure: () => this.#panes.forEach((pane) => void pane.refresh()) })
    addEventListener("beforeunload", (event) => this.#panes.some(({ isEdited }) => isEdited) && event.preventDefault())
    addEventListener("keydown", (event) => this.#press(event))
  }

  /** Whether a file is on the screen, rather than the draft. */
  get isShown() {
    return this.#shown !== null
  }

  /** The path of what is shown. */
  get path() {
    return this.#shown?.file.path ?? ""
  }

  /** The editor of the program that Run would run; null: the file is none. @returns {CodeEditor | null} */
  get program() {
    return this.#shown?.program ?? null
  }

  /** @param {string} path @param {number} [line] */
  async open(path, line) {
    let pane = this.#panes.find(({ file }) => file.path === path)
    if (!pane) {
      pane = new FilePane(this.volumes, path, this.rich, {
        paneChanged: (changed) => this.#changed(changed),
        runAsked: () => this.delegate?.runAsked(),
        historyAsked: async ({ file }) => (await import("./history-dialog.js")).openHistory(this.volumes.client, file.path, file.isWritable),
      })
      this.#panes.push(pane)
    }
    this.#show(pane)
    this.delegate?.opened(path)
    await pane.loaded
    if (this.#shown === pane)
      pane.focus(line)
  }

  showDraft() {
    this.#show(null)
  }

  /** @param {FilePane | null} pane */
  #show(pane) {
    this.#shown = pane
    this.stage.hidden = pane === null
    fill(this.stage, pane?.element)
    this.#draw()
    this.delegate?.shownChanged()
  }

  /** @param {FilePane} pane */
  #changed(pane) {
    this.#draw()
    if (pane === this.#shown)
      this.delegate?.shownChanged()
  }

  /** @param {FilePane} pane */
  #closeAsked(pane) {
    if (pane.isEdited)
      openConfirmation(`Close ${visible(pane.file.name)} without saving?`, "What you have changed is lost.", "Close without saving", () => this.#close(pane))
    else
      this.#close(pane)
  }

  /** @param {FilePane} pane */
  #close(pane) {
    const index = this.#panes.indexOf(pane)
    this.#panes.splice(index, 1)
    if (pane === this.#shown)
      this.#show(this.#panes[Math.min(index, this.#panes.length - 1)] ?? null)
    pane.dispose()
    this.#draw()
    if (document.activeElement === document.body)
      /** @type {HTMLElement | null} */ (this.strip.querySelector(".file-tab-shown > .file-tab-name"))?.focus()
  }

  /** @param {Change[]} changes */
  #apply(changes) {
    for (const change of changes)
      this.#panes.forEach((pane) => pane.apply(change))
  }

  #draw() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.getAttribute("data-tab")
    this.strip.hidden = this.#panes.length === 0
    fill(this.strip,
      element("span", { class: `file-tab${this.#shown ? "" : " file-tab-shown"}` },
        element("button", { class: "file-tab-name", type: "button", "data-tab": "", "aria-pressed": String(!this.#shown), onclick: () => this.showDraft() }, "Draft")),
      ...this.#panes.map((pane) => this.#tab(pane)))
    if (focused !== null && focused !== undefined)
      /** @type {HTMLElement | null} */ (this.strip.querySelector(`[data-tab="${CSS.escape(focused)}"]`))?.focus()
    this.strip.querySelector(".file-tab-shown")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }

  /** @param {FilePane} pane */
  #tab(pane) {
    const { file: { name, path }, isDirty } = pane
    return element("span", { class: `file-tab${pane === this.#shown ? " file-tab-shown" : ""}${isDirty ? " file-tab-dirty" : ""}`, title: visible(path), onauxclick: (/** @type {MouseEvent} */ event) => event.button === 1 && this.#closeAsked(pane) },
      element("button", { class: "file-tab-name", type: "button", "data-tab": path, "aria-pressed": String(pane === this.#shown), onclick: () => this.#show(pane) },
        safeName(name), isDirty && element("span", { class: "visually-hidden" }, "(not saved)")),
      element("button", { class: "file-tab-close", type: "button", "aria-label": `Close ${visible(name)}`, onclick: () => this.#closeAsked(pane) }, icon(X, 13)))
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || event.shiftKey || event.altKey || document.querySelector("dialog[open]"))
      return
    event.preventDefault()
    if (this.#shown)
      void this.#shown.save()
    else
      this.delegate?.draftSaveAsked()
  }
}
