import { BookOpen, ArrowLeft, PencilLine } from "lucide"
import { CodeEditor } from "../ui/code-editor.js"
import { element } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { attachMenu } from "../ui/menu.js"
import { examples } from "./examples.js"
import { RunControls } from "./run-controls.js"
import { RunSettings } from "./run-settings.js"
import { SessionDock } from "./session-dock.js"
import { SessionPicker } from "./session-picker.js"

/** @import { Example } from "./examples.js" */
/** @import { Draft } from "./draft.js" */
/** @import { RunControlsDelegate } from "./run-controls.js" */
/** @import { Sessions } from "./sessions.js" */

/**
 * Files that are open beside the draft; what they are is not this slice's matter.
 * @typedef {object} EditorFiles
 * @property {HTMLElement} strip the tabs
 * @property {HTMLElement} stage the file that is chosen
 * @property {boolean} isShown whether it is a file that is on the screen, rather than the draft
 * @property {string} path of the file that is chosen
 * @property {CodeEditor | null} program of the file; null: it is none
 * @property {() => void} showDraft
 * @property {(path: string) => void} open
 */
/** @typedef {RunControlsDelegate & { exampleChosen(example: Example): void, draftAsked(): void, copyToDraftAsked(): void }} EditorPanelDelegate */

/** The editor side: the draft, or the code of a past run to look at. */
export class EditorPanel {
  /** @type {"draft" | "past"} */
  showing = "draft"

  /** @param {EditorPanelDelegate} delegate @param {Draft} draft @param {Sessions} sessions @param {boolean} canRun @param {EditorFiles} files */
  constructor(delegate, draft, sessions, canRun, files) {
    this.draft = draft
    this.files = files
    this.editor = new CodeEditor("Python program", {
      codeChanged: (text) => draft.change(text),
      runAsked: () => delegate.runAsked(),
    })
    this.settings = new RunSettings()
    this.controls = new RunControls(delegate, canRun)
    const session = new SessionPicker(sessions, canRun)
    const variables = new SessionDock(sessions, canRun)
    this.pastWords = element("span", {})
    this.pastStrip = element("div", { class: "strip", hidden: true },
      this.pastWords,
      element("span", { class: "spring" }),
      element("button", { class: "button small", type: "button", onclick: () => delegate.copyToDraftAsked() }, icon(PencilLine, 14), "Open in editor"),
      element("button", { class: "button small quiet", type: "button", "aria-label": "Back to draft", onclick: () => delegate.draftAsked() },
        icon(ArrowLeft, 14), element("span", { class: "wide-only" }, "Back to draft")))
    this.place = element("div", { class: "editor", id: "editor" }, this.editor.element)
    this.element = element("section", { class: "panel editor-panel", "aria-label": "Editor" },
      element("header", { class: "panel-header" },
        element("h2", { class: "panel-title" }, "Python"), this.#examplesMenu(delegate), this.settings.element,
        element("span", { class: "spring" }), session.element, this.controls.element),
      files.strip,
      this.pastStrip,
      this.place, files.stage,
      variables.element)
    this.showDraft()
  }

  /** The editor of what would run: a file, the draft or the past run's code; null: a file that is no program. */
  get program() {
    return this.files.isShown ? this.files.program : this.editor
  }

  get code() {
    return this.program?.text ?? null
  }

  /** Of the file that would run; null: it is in none. */
  get path() {
    return this.files.isShown ? this.files.path : null
  }

  /** Shows the file that is chosen, or the draft again. */
  fileShown() {
    this.place.hidden = this.files.isShown
    this.pastStrip.hidden = this.files.isShown || this.showing === "draft"
  }

  showDraft() {
    this.showing = "draft"
    this.pastStrip.hidden = true
    this.editor.show(this.draft.text, "editable")
    this.files.showDraft()
  }

  /** @param {string} code @param {string} when */
  showPast(code, when) {
    this.showing = "past"
    this.pastStrip.hidden = false
    this.pastWords.textContent = `${when} · read-only`
    this.editor.show(code, "read-only")
    this.files.showDraft()
  }

  /** Puts other code into the draft; undo brings the old one back. @param {string} code */
  replaceDraft(code) {
    if (this.showing !== "draft" || this.files.isShown)
      this.showDraft()
    this.editor.replace(code)
  }

  /** @param {EditorPanelDelegate} delegate */
  #examplesMenu(delegate) {
    const button = element("button", { class: "button quiet", type: "button", title: "Examples", "aria-label": "Examples" }, icon(BookOpen), element("span", { class: "wide-only editor-head-word" }, "Examples"))
    const holder = element("div", { class: "anchor" }, button)
    attachMenu(button, "Examples", examples.map((example) => ({
      label: example.title, note: example.about, chosen: () => delegate.exampleChosen(example),
    })))
    return holder
  }
}
