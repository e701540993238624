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

/** @typedef {RunControlsDelegate & { exampleChosen(example: Example): void, draftAsked(): void, copyToDraftAsked(): void }} EditorPanelDelegate */

/** The editor side: the draft, or the code of a past run to look at. */
export class EditorPanel {
  /** @type {"draft" | "past"} */
  showing = "draft"

  /** @param {EditorPanelDelegate} delegate @param {Draft} draft @param {Sessions} sessions @param {boolean} canRun */
  constructor(delegate, draft, sessions, canRun) {
    this.draft = draft
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
    this.element = element("section", { class: "panel editor-panel", "aria-label": "Editor" },
      element("header", { class: "panel-header" },
        element("h2", { class: "panel-title" }, "Python"), this.#examplesMenu(delegate), this.settings.element,
        element("span", { class: "spring" }), session.element, this.controls.element),
      this.pastStrip,
      element("div", { class: "editor", id: "editor" }, this.editor.element),
      variables.element)
    this.showDraft()
  }

  /** What would run: the draft or the past run's code. */
  get code() {
    return this.editor.text
  }

  showDraft() {
    this.showing = "draft"
    this.pastStrip.hidden = true
    this.editor.show(this.draft.text, "editable")
  }

  /** @param {string} code @param {string} when */
  showPast(code, when) {
    this.showing = "past"
    this.pastStrip.hidden = false
    this.pastWords.textContent = `${when} · read-only`
    this.editor.show(code, "read-only")
  }

  /** Puts other code into the draft; undo brings the old one back. @param {string} code */
  replaceDraft(code) {
    if (this.showing !== "draft")
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
