import { defaultKeymap, history, historyKeymap } from "@codemirror/commands"
import { unifiedMergeView } from "@codemirror/merge"
import { EditorState } from "@codemirror/state"
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view"
import { codeTheme } from "./code-theme.js"
import { element } from "./element.js"

const theme = EditorView.theme({
  ".cm-changedLine, .cm-inlineChangedLine": { backgroundColor: "var(--good-tint) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-tint) !important", paddingLeft: "10px" },
  "&.cm-merge-b .cm-changedText, .cm-insertedLine .cm-changedText": { background: "light-dark(#0f7a4530, #5fcf9340)" },
  ".cm-deletedChunk .cm-deletedText": { background: "light-dark(#c0302a2b, #ff8a8045)" },
  ".cm-changedLineGutter": { backgroundColor: "var(--good) !important" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--bad) !important" },
  ".cm-collapsedLines": { background: "var(--sunken) !important", color: "var(--text-soft)", padding: "4px 12px", fontFamily: "var(--sans)", fontSize: "12px" },
  // Its own signs are in few fonts.
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "'⋯' !important" },
  // Above the lines that they are about, not over them.
  ".cm-deletedChunk .cm-chunkButtons": { position: "static", display: "flex", gap: "4px", padding: "3px 0", whiteSpace: "normal" },
  ".cm-deletedChunk .cm-chunkButtons button": { color: "var(--text)", background: "var(--surface)", border: "1px solid var(--border-strong)", borderRadius: "6px", margin: "0", padding: "0 8px", cursor: "pointer", fontFamily: "var(--sans)" },
})

/** @typedef {{ mine: string, theirs: string }} ChoiceWords */

/**
 * A text with what is different from another one, line for line in one column.
 * @param {string} label @param {string} original @param {string} text
 * @param {{ choose?: ChoiceWords, language?: import("@codemirror/state").Extension }} [options] choose: the words of the two buttons at each difference; without them the text is only shown
 */
export function textDiff(label, original, text, { choose, language = [] } = {}) {
  const view = new EditorView({
    doc: text,
    extensions: [
      lineNumbers(), drawSelection(), history(), language, codeTheme, theme, EditorView.lineWrapping,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorState.readOnly.of(!choose),
      EditorView.contentAttributes.of({ "aria-label": label, "tabindex": "0" }),
      unifiedMergeView({
        original,
        collapseUnchanged: { margin: 3, minSize: 6 },
        diffConfig: { scanLimit: 2000, timeout: 1000 },
        mergeControls: choose ? (type, choice) => element("button", { class: "button small", type: "button", onmousedown: choice }, type === "accept" ? choose.mine : choose.theirs) : false,
      }),
    ],
  })
  return { element: element("div", { class: "text-diff" }, view.dom), view, dispose: () => view.destroy() }
}
