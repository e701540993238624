import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete"
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands"
import { python } from "@codemirror/lang-python"
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language"
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search"
import { Compartment, EditorState, Prec } from "@codemirror/state"
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, placeholder } from "@codemirror/view"
import { failedLine, markFailedLine } from "./code-failed-line.js"
import { codeTheme } from "./code-theme.js"

/** @typedef {{ codeChanged(text: string): void, runAsked(): void }} CodeEditorDelegate */
/** @typedef {{ line: number, column: number | null, message: string }} CodeMark line and column from 1 */
/** @typedef {{ language?: import("@codemirror/state").Extension, hint?: string, lineSeparator?: string }} CodeEditorOptions lineSeparator: "" takes any, and writes \n */

/** An editor of text, of Python if no other language is given. Tab indents; Escape and then Tab leaves it. */
export class CodeEditor {
  #editable
  #language = new Compartment()

  /** @param {string} label @param {CodeEditorDelegate} delegate @param {CodeEditorOptions} [options] */
  constructor(label, delegate, { language = python(), hint = "Write Python here", lineSeparator = "" } = {}) {
    this.label = label
    this.delegate = delegate
    this.language = language
    this.hint = hint
    this.lineSeparator = lineSeparator
    this.#editable = true
    this.view = new EditorView({ state: this.#stateOf("") })
  }

  get element() {
    return this.view.dom
  }

  get text() {
    return this.view.state.sliceDoc()
  }

  /** @param {import("@codemirror/state").Extension} language */
  speak(language) {
    this.language = language
    this.view.dispatch({ effects: this.#language.reconfigure(language) })
  }

  /** Shows another program; its undo history begins here. @param {string} text @param {"editable" | "read-only"} mode */
  show(text, mode) {
    this.#editable = mode === "editable"
    this.view.setState(this.#stateOf(text))
  }

  /** Replaces the text as an edit that can be undone. @param {string} text */
  replace(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true })
  }

  /** @param {CodeMark | null} mark */
  mark(mark) {
    markFailedLine(this.view, mark)
  }

  /** @param {number} number from 1 */
  goToLine(number) {
    const line = this.view.state.doc.line(Math.min(Math.max(1, number), this.view.state.doc.lines))
    this.view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) })
    this.view.focus()
  }

  focus() {
    this.view.focus()
  }

  /** @param {string} doc */
  #stateOf(doc) {
    const delegate = this.delegate
    return EditorState.create({
      doc,
      extensions: [
        this.lineSeparator === "" ? [] : EditorState.lineSeparator.of(this.lineSeparator),
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (delegate.runAsked(), true) }])),
        lineNumbers(),
        history(),
        drawSelection(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        search({ top: true }),
        this.#language.of(this.language),
        failedLine,
        codeTheme,
        placeholder(this.hint),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
        EditorState.readOnly.of(!this.#editable),
        EditorView.contentAttributes.of({
          "aria-label": this.#editable ? this.label : `${this.label}, read-only`,
          "aria-description": "Tab indents. Press Escape and then Tab to leave the editor.",
          "autocapitalize": "off",
          "tabindex": "0",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && this.#editable)
            delegate.codeChanged(this.text)
        }),
      ],
    })
  }
}
