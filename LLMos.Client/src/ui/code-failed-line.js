import { linter, setDiagnostics } from "@codemirror/lint"
import { StateEffect, StateField } from "@codemirror/state"
import { Decoration, EditorView } from "@codemirror/view"

/** @import { CodeMark } from "./code-editor.js" */

/** @type {import("@codemirror/state").StateEffectType<number | null>} where the line begins */
const setLine = StateEffect.define()
const tint = Decoration.line({ class: "cm-failedLine" })

/** The tint of one line, until that line is edited. @type {StateField<import("@codemirror/view").DecorationSet>} */
const tintedLine = StateField.define({
  create: () => Decoration.none,
  update(tints, transaction) {
    let next = tints.map(transaction.changes)
    tints.between(0, transaction.startState.doc.length, (from) => {
      const line = transaction.startState.doc.lineAt(from)
      if (transaction.changes.touchesRange(line.from, line.to))
        next = Decoration.none
    })
    for (const effect of transaction.effects) {
      if (effect.is(setLine))
        next = effect.value === null ? Decoration.none : Decoration.set(tint.range(effect.value))
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})

const clearedByEdit = EditorView.updateListener.of(({ docChanged, startState, state, view }) => {
  if (docChanged && startState.field(tintedLine).size > 0 && state.field(tintedLine).size === 0)
    view.dispatch(setDiagnostics(state, []))
})

// A linter that never lints itself: it brings the tooltip and the keys (F8) for the mark that is set.
export const failedLine = [tintedLine, clearedByEdit, linter(null)]

/** @param {EditorView} view @param {CodeMark | null} mark */
export function markFailedLine(view, mark) {
  if (!mark || mark.line > view.state.doc.lines) {
    view.dispatch(setDiagnostics(view.state, []), { effects: setLine.of(null) })
    return
  }

  const line = view.state.doc.line(mark.line)
  const indent = line.text.length - line.text.trimStart().length
  const from = mark.column ? Math.min(line.from + mark.column - 1, line.to) : line.from + indent
  view.dispatch(
    setDiagnostics(view.state, [{ from, to: Math.max(from, line.to), severity: "error", message: mark.message }]),
    { effects: [setLine.of(line.from), EditorView.scrollIntoView(line.from, { y: "nearest", yMargin: 48 })] })
}
