import assert from "node:assert/strict"
import test from "node:test"
import { Transcript } from "../../../LLMos.Client/src/runs/transcript.js"

/** @param {Transcript} transcript */
function textOf(transcript) {
  return transcript.blocks.map((block) => "open" in block
    ? [...block.closed, ...block.open].map((segment) => segment.text).join("")
    : `<${block.kind}>`).join("")
}

test("Text, figures and errors keep their order", () => {
  const transcript = new Transcript()

  transcript.write("stdout", "one\n")
  transcript.add("display", {})
  transcript.write("stderr", "two\n")

  assert.equal(textOf(transcript), "one\n<display>two\n")
})

test("stderr is told from stdout within one block", () => {
  const transcript = new Transcript()

  transcript.write("stdout", "out ")
  transcript.write("stderr", "err\n")

  const [block] = /** @type {any[]} */ (transcript.blocks)
  assert.deepEqual(block.closed, [{ text: "out ", style: "" }, { text: "err\n", style: "stderr" }])
})

test("A carriage return replaces the open line, and only that", () => {
  const transcript = new Transcript()

  transcript.write("stdout", "kept\n10 %\r20 %\r")
  transcript.write("stdout", "30 %")

  assert.equal(textOf(transcript), "kept\n30 %")
})

test("A carriage return before a line feed ends the line, also across two chunks", () => {
  const transcript = new Transcript()

  transcript.write("stdout", "one\r\ntwo\r")
  transcript.write("stdout", "\nthree")

  assert.equal(textOf(transcript), "one\ntwo\nthree")
})

test("The oldest lines go first and are counted", () => {
  const transcript = new Transcript({ lines: 100, blockLines: 10 })

  for (let number = 0; number < 1000; number += 1)
    transcript.write("stdout", `${number}\n`)

  const held = textOf(transcript).trim().split("\n")
  assert.equal(held.at(-1), "999")
  assert.ok(held.length <= 100 && held.length >= 90)
  assert.equal(transcript.omitted.lines + held.length, 1000)
})

test("One huge chunk is bounded like many small ones", () => {
  const transcript = new Transcript({ lines: 100, blockLines: 10 })

  transcript.write("stdout", "x\n".repeat(1_000_000))

  assert.ok(transcript.blocks.length <= 11)
  assert.ok(transcript.omitted.lines >= 999_900)
})

test("An endless line is bounded by its characters", () => {
  const transcript = new Transcript({ characters: 10_000, blockCharacters: 1000 })

  for (let chunk = 0; chunk < 500; chunk += 1)
    transcript.write("stdout", "x".repeat(777))

  const held = textOf(transcript).length
  assert.ok(held <= 10_000)
  assert.equal(held + transcript.omitted.characters, 500 * 777)
})

test("Figures outlive the text around them until they are too many", () => {
  const transcript = new Transcript({ lines: 20, blockLines: 10, things: 2 })

  for (const figure of [1, 2, 3]) {
    transcript.write("stdout", "text\n".repeat(30))
    transcript.add("display", figure)
  }

  assert.deepEqual(transcript.blocks.filter((block) => block.kind === "display").map((block) => /** @type {any} */ (block).value), [2, 3])
  assert.equal(transcript.omitted.things, 1)
})

test("A line that crosses a block's end stays one line", () => {
  const transcript = new Transcript({ blockLines: 2 })

  transcript.write("stdout", "1\n2\n3")
  transcript.write("stdout", "\r4\n")

  assert.equal(textOf(transcript), "1\n2\n4\n")
})

test("Only a block that changed gets a new version", () => {
  const transcript = new Transcript({ blockLines: 2 })
  transcript.write("stdout", "1\n2\n3\n")
  const [first, second] = transcript.blocks.map((block) => block.version)

  transcript.write("stdout", "4\n")

  assert.equal(transcript.blocks[0].version, first)
  assert.notEqual(transcript.blocks[1].version, second)
})
