import { element } from "../ui/element.js"
import { latexPieces } from "../ui/latex-pieces.js"

const maxFormulas = 200
const maxLatexCharacters = 50_000

/** @param {string} text */
export function plainText(text) {
  return element("pre", { class: "rich-text", tabindex: 0 }, text)
}

/** Formulas, drawn when what draws them has been loaded; until then, and if that fails, as plain text. @param {string} latex @param {string} plain */
export function latexElement(latex, plain) {
  if (latex.length > maxLatexCharacters)
    return plainText(plain)
  return laterElement(plain, async (place) => {
    const { drawFormula } = await import("../ui/formula.js")
    const pieces = latexPieces(latex)
    const formulas = pieces.filter(({ kind }) => kind !== "text")
    if (formulas.length === 0 || formulas.length > maxFormulas)
      return
    const drawn = pieces.map(({ kind, source }) => {
      const part = element("span", {})
      return kind === "text" ? source : drawFormula(part, source, kind === "displayed") && part
    })
    if (!drawn.includes(false))
      place.replaceChildren(element("div", { class: "formula", tabindex: 0 }, ...drawn))
  })
}

/** @param {string} markdown */
export function markdownElement(markdown) {
  return laterElement(markdown, async (place) => {
    const { formulasIn, markdownElement: made } = await import("../ui/markdown.js")
    const content = made(markdown)
    if (!content)
      return
    const formulas = formulasIn(content).slice(0, maxFormulas)
    if (formulas.length > 0) {
      const { drawFormula } = await import("../ui/formula.js")
      formulas.forEach(({ place: part, source, displayed }) => drawFormula(part, source, displayed) && part.classList.add("drawn"))
    }
    place.replaceChildren(content)
  })
}

/** @param {string} plain @param {(place: HTMLElement) => Promise<void>} draw */
function laterElement(plain, draw) {
  const place = element("div", { class: "typeset" }, plainText(plain))
  draw(place).catch(() => {}) // The text is there; what would draw it could not be loaded.
  return place
}
