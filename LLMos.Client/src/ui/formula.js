import katex from "katex"

const maxCharacters = 20_000

/** What a hostile formula may make of the page: no links, no files, no classes or styles of its own, bounded in size and macros. */
const options = { trust: false, throwOnError: true, strict: false, maxSize: 30, maxExpand: 500, output: /** @type {const} */ ("htmlAndMathml") }

/** Served address of KaTeX's fonts and rules, written by build.js. @type {string} */
const formulaStyles = FORMULA_STYLES
let styled = false

/** Draws TeX into a place; false, and nothing changed, when it is none. @param {HTMLElement} place @param {string} source @param {boolean} displayed on lines of its own */
export function drawFormula(place, source, displayed) {
  if (source.length > maxCharacters)
    return false
  loadStyles()
  const drawn = document.createElement("span")
  try {
    katex.render(source, drawn, { ...options, displayMode: displayed })
  } catch {
    return false // Also of a formula that is nested too deeply.
  }
  place.replaceChildren(drawn)
  return true
}

function loadStyles() {
  if (styled)
    return
  styled = true
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.href = formulaStyles
  document.head.append(link)
}
