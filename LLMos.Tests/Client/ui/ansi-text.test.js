import assert from "node:assert/strict"
import test from "node:test"
import { AnsiText } from "../../../LLMos.Client/src/ui/ansi-text.js"

test("Colours and weights become styles", () => {
  const pieces = new AnsiText().read("plain \x1b[31mred \x1b[1mbold\x1b[0m plain")

  assert.deepEqual(pieces, [
    { text: "plain ", style: "" }, { text: "red ", style: "red" }, { text: "bold", style: "red bold" }, { text: " plain", style: "" },
  ])
})

test("A sequence that is cut between two chunks is read whole", () => {
  const text = new AnsiText()

  const pieces = [...text.read("a\x1b[3"), ...text.read("2mb")]

  assert.deepEqual(pieces, [{ text: "a", style: "" }, { text: "b", style: "green" }])
})

test("A style lasts into the next chunk", () => {
  const text = new AnsiText()
  text.read("\x1b[34m")

  assert.deepEqual(text.read("blue"), [{ text: "blue", style: "blue" }])
})

test("Cursor moves, titles and 256 colours leave no trace", () => {
  const pieces = new AnsiText().read("\x1b[2J\x1b[1;1H\x1b]0;title\x07\x1b[38;5;31mtext")

  assert.deepEqual(pieces, [{ text: "text", style: "" }])
})

test("An escape that never ends is not kept for ever", () => {
  const text = new AnsiText()

  const pieces = text.read(`\x1b[${"1;".repeat(1000)}`)

  assert.equal(pieces.length, 1)
})

test("A flood of returns is one, and takes no time", () => {
  const began = performance.now()
  const text = new AnsiText()

  assert.deepEqual(text.read(`a${"\r".repeat(1_000_000)}b`), [{ text: "a", style: "" }, "return", { text: "b", style: "" }])
  assert.deepEqual(text.read("\r".repeat(1_000_000)), [])
  assert.deepEqual(text.read("\n"), [{ text: "\n", style: "" }])
  text.read("\r\x1b[".repeat(300_000))
  assert.ok(performance.now() - began < 4_000)
})
