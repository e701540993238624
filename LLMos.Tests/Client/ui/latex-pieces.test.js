import assert from "node:assert/strict"
import test from "node:test"
import { latexPieces } from "../../../LLMos.Client/src/ui/latex-pieces.js"

/** @param {string} latex */
function told(latex) {
  return latexPieces(latex).map(({ kind, source }) => `${kind}: ${source}`)
}

test("What sympy sends is one formula", () => {
  assert.deepEqual(told("$\\displaystyle \\frac{x}{2}$"), ["inline: \\displaystyle \\frac{x}{2}"])
})

test("Each way to write a formula is known, and text between them stays", () => {
  assert.deepEqual(told("so $a$ and $$b$$ or \\(c\\), \\[d\\]"),
    ["text: so ", "inline: a", "text:  and ", "displayed: b", "text:  or ", "inline: c", "text: , ", "displayed: d"])
  assert.deepEqual(told("\\begin{align*}x\\end{align*}"), ["displayed: \\begin{align*}x\\end{align*}"])
})

test("Prices are no formula", () => {
  assert.deepEqual(told("from $5 to $6"), ["text: from $5 to $6"])
})

test("What is opened and not closed, or escaped, stays text", () => {
  assert.deepEqual(told("\\[a $b\\$ $ \\(\\) $$$ \\begin{x}\\end{y}"), ["text: \\[a $b\\$ $ \\(\\) $$$ \\begin{x}\\end{y}"])
  assert.deepEqual(told("\\begin{a}\\begin{b}\\end{b} $c\\$d$ $$e$$"),
    ["text: \\begin{a}", "displayed: \\begin{b}\\end{b}", "text:  ", "inline: c\\$d", "text:  ", "displayed: e"])
})

test("A flood of openings takes no time", () => {
  const began = performance.now()
  for (const opening of ["\\[", "\\(", "\\$", "$$a", "a$b\\", "\\begin{a}"])
    latexPieces(opening.repeat(100_000))
  assert.ok(performance.now() - began < 4_000)
})

test("A flood of dollars takes no time", () => {
  const began = performance.now()

  latexPieces("$".repeat(100_000))
  latexPieces("$a".repeat(20_000))
  latexPieces("\\begin{a}".repeat(2_000))

  assert.ok(performance.now() - began < 2_000)
})
