import assert from "node:assert/strict"
import test from "node:test"
import { limitSentence, stateTone, stateWord } from "../../../LLMos.Client/src/runs/run-words.js"

test("Limits are told in the unit of their name", () => {
  assert.match(limitSentence({ name: "timeoutSeconds", value: 30, used: 30.01 }), /of 30 s/)
  assert.match(limitSentence({ name: "heapMegabytes", value: 256, used: 256 }), /256 MB/)
  assert.match(limitSentence({ name: "outputBytes", value: 8 * 1024 * 1024, used: 0 }), /8 MB/)
  assert.match(limitSentence({ name: "openFiles", value: 64, used: 64 }), /openFiles of 64/)
})

test("A state that is not known yet is shown as it is", () => {
  assert.equal(stateWord(/** @type {any} */ ("paused")), "paused")
  assert.equal(stateTone(/** @type {any} */ ("paused")), "neutral")
})
