/** @typedef {{ kind: "text" | "inline" | "displayed", source: string }} Piece */
/** @typedef {{ kind: "inline" | "displayed", source: string, end: number }} Formula */

const opening = /\$|\\\[|\\\(|\\begin\{(\w+\*?)\}/g

/** The formulas of a text/latex result, and the text between them. In a time that grows with its length only: a program wrote it. @param {string} latex @returns {Piece[]} */
export function latexPieces(latex) {
  const closings = new Closings(latex)
  /** @type {Piece[]} */
  const pieces = []
  let end = 0
  for (const match of latex.matchAll(opening)) {
    if (match.index < end)
      continue
    const formula = formulaAt(latex, match, closings)
    if (!formula)
      continue
    if (match.index > end)
      pieces.push({ kind: "text", source: latex.slice(end, match.index) })
    pieces.push({ kind: formula.kind, source: formula.source })
    end = formula.end
  }
  if (end < latex.length)
    pieces.push({ kind: "text", source: latex.slice(end) })
  return pieces
}

/** @param {string} latex @param {RegExpExecArray} match of an opening @param {Closings} closings @returns {Formula | null} */
function formulaAt(latex, { 0: opened, 1: environment, index }, closings) {
  const from = index + opened.length
  if (environment !== undefined) {
    const closing = `\\end{${environment}}`
    const at = closings.next(closing, from)
    return at < 0 ? null : { kind: "displayed", source: latex.slice(index, at + closing.length), end: at + closing.length }
  }
  if (opened !== "$") {
    const at = closings.next(opened === "\\[" ? "\\]" : "\\)", from + 1)
    return at < 0 ? null : { kind: opened === "\\[" ? "displayed" : "inline", source: latex.slice(from, at), end: at + 2 }
  }
  if (latex[from] === "$") {
    const at = closings.next("$", from + 1)
    return at < 0 || latex[from + 1] === "$" || latex[at + 1] !== "$" ? null : { kind: "displayed", source: latex.slice(from + 1, at), end: at + 2 }
  }
  // A dollar is a formula's beginning only before something that is no space, and its end only behind such and before no digit: "5 $ and 6 $" is text.
  const at = closings.next("unescaped $", from)
  return at < 0 || /\s/.test(latex[from]) || /\s/.test(latex[at - 1]) || /\d/.test(latex[at + 1] ?? "") ? null : { kind: "inline", source: latex.slice(from, at), end: at + 1 }
}

/** Where formulas may end, found in one pass: a text of openings only would else be read to its end for each. */
class Closings {
  /** Ascending places of each kind, of which the first are behind. @type {Map<string, { places: number[], passed: number }>} */
  #kinds = new Map()

  /** @param {string} latex */
  constructor(latex) {
    for (const { 0: found, index } of latex.matchAll(/\$|\\\]|\\\)|\\end\{\w+\*?\}/g)) {
      this.#add(found, index)
      if (found === "$" && !isEscaped(latex, index))
        this.#add("unescaped $", index)
    }
  }

  /** @param {string} kind @param {number} from not before that of the last call @returns {number} -1: there is none */
  next(kind, from) {
    const closing = this.#kinds.get(kind)
    while (closing && closing.places[closing.passed] < from)
      closing.passed += 1
    return closing?.places[closing.passed] ?? -1
  }

  /** @param {string} kind @param {number} place */
  #add(kind, place) {
    const closing = this.#kinds.get(kind)
    if (closing)
      closing.places.push(place)
    else
      this.#kinds.set(kind, { places: [place], passed: 0 })
  }
}

/** Whether an odd number of backslashes is before it. @param {string} text @param {number} index */
function isEscaped(text, index) {
  let first = index
  while (text[first - 1] === "\\")
    first -= 1
  return (index - first) % 2 === 1
}
