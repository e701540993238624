/** @typedef {{ kind: "text" | "inline" | "displayed", source: string }} Piece */

// A dollar is a formula's beginning only before something that is no space, and its end only behind such and before no digit: "5 $ and 6 $" is text.
const formulas = /\$\$([^$]+?)\$\$|\\\[([^]+?)\\\]|\\\(([^]+?)\\\)|\$(?!\s)((?:[^$\\]|\\[^])+?)(?<!\s)\$(?!\d)|(\\begin\{(\w+\*?)\}[^]*?\\end\{\6\})/g

/** The formulas of a text/latex result, and the text between them. @param {string} latex @returns {Piece[]} */
export function latexPieces(latex) {
  /** @type {Piece[]} */
  const pieces = []
  let end = 0
  for (const match of latex.matchAll(formulas)) {
    if (match.index > end)
      pieces.push({ kind: "text", source: latex.slice(end, match.index) })
    const [, dollars, brackets, parentheses, inline, environment] = match
    const displayed = dollars ?? brackets ?? environment
    pieces.push(displayed === undefined ? { kind: "inline", source: inline ?? parentheses } : { kind: "displayed", source: displayed })
    end = match.index + match[0].length
  }
  if (end < latex.length)
    pieces.push({ kind: "text", source: latex.slice(end) })
  return pieces
}
