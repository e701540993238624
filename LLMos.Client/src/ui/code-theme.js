import { HighlightStyle, syntaxHighlighting } from "@codemirror/language"
import { EditorView } from "@codemirror/view"
import { tags } from "@lezer/highlight"

// Colours are the page's tokens, so that light and dark need no second theme.
const surface = EditorView.theme({
  "&": { height: "100%", fontSize: "var(--code-size)", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", fontVariantLigatures: "none" },
  ".cm-content": { padding: "12px 0 40vh", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 16px 0 10px" },
  ".cm-cursor": { borderLeft: "2px solid var(--accent)" },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: "var(--text-faint)", paddingLeft: "6px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "30px", padding: "0 8px 0 4px", fontVariantNumeric: "tabular-nums" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--line)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLineGutter": { color: "var(--text)" },
  "& .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--match)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--match)", outline: "1px solid var(--border-strong)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", color: "var(--bad)" },
  ".cm-placeholder": { color: "var(--text-faint)" },
  ".cm-failedLine": { backgroundColor: "var(--bad-tint) !important", boxShadow: "inset 2px 0 var(--bad)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1px", textUnderlineOffset: "3px" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)", border: "1px solid var(--border)", borderRadius: "8px", boxShadow: "var(--shadow)", color: "var(--text)", overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12.5px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", borderRadius: "5px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-tint)", color: "var(--text)" },
  ".cm-diagnostic": { padding: "6px 10px", borderLeft: "none", fontFamily: "var(--sans)", fontSize: "13px", maxWidth: "60ch" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--border)" },
  ".cm-panel.cm-search": { padding: "8px 32px 8px 10px", fontFamily: "var(--sans)", fontSize: "12.5px" },
  ".cm-panel.cm-search input.cm-textfield": {
    backgroundColor: "var(--surface)", border: "1px solid var(--control-border)", borderRadius: "6px", padding: "4px 8px", fontSize: "12.5px",
  },
  ".cm-panel.cm-search .cm-button": {
    backgroundImage: "none", backgroundColor: "var(--surface)", border: "1px solid var(--border-strong)", borderRadius: "6px", padding: "4px 8px", fontSize: "12.5px",
  },
  ".cm-panel.cm-search label": { fontSize: "12px", color: "var(--text-soft)" },
  ".cm-panel.cm-search [name=close]": { right: "8px", top: "6px", fontSize: "18px", color: "var(--text-soft)" },
  ".cm-searchMatch": { backgroundColor: "var(--match)", borderRadius: "2px" },
  ".cm-searchMatch-selected": { outline: "1px solid var(--accent)" },
})

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--code-function)" },
  { tag: [tags.definition(tags.className), tags.className], color: "var(--code-type)" },
  { tag: [tags.meta, tags.self, tags.escape], color: "var(--code-type)" },
  { tag: [tags.operator, tags.punctuation, tags.separator], color: "var(--text-soft)" },
  { tag: tags.invalid, color: "var(--bad)" },
])

export const codeTheme = [surface, syntaxHighlighting(colours)]
