import assert from "node:assert/strict"
import test from "node:test"
import { isSessionName, SessionChoice } from "../../../LLMos.Client/src/runs/session-choice.js"
import { matching, ordered, shapeWords } from "../../../LLMos.Client/src/runs/session-variables.js"
import { sessionFacts, sessionStanding } from "../../../LLMos.Client/src/runs/session-words.js"

/** @import { SessionSummary, SessionVariable } from "../../../LLMos.Client/src/contracts/runs.js" */

/** @param {[string, string][]} stored @returns {Storage} */
function storageOf(...stored) {
  const items = new Map(stored)
  return /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => items.set(key, value),
    removeItem: (/** @type {string} */ key) => items.delete(key),
  })
}

/** @param {string} name @param {string} type @returns {SessionVariable} */
function variable(name, type) {
  return { name, type, shape: null, repr: "", bytes: null }
}

const summary = /** @type {SessionSummary} */ ({ name: "a", state: "idle", runs: 1, heapMegabytes: 256, memoryBytes: 84 * 1024 * 1024, variableCount: 1 })

test("The chosen session is remembered for each person, and so is that there is none", () => {
  const storage = storageOf()
  new SessionChoice(storage, "marie").choose("analysis")

  assert.equal(new SessionChoice(storage, "marie").name, "analysis")
  assert.equal(new SessionChoice(storage, "ada").name, null)
  new SessionChoice(storage, "marie").choose(null)
  assert.equal(new SessionChoice(storage, "marie").name, null)
})

test("A remembered name that the server would refuse is not taken", () => {
  assert.equal(new SessionChoice(storageOf(["llmos.session.marie", "a b"]), "marie").name, null)
  assert.deepEqual(["a", "Model.fit_2-b", "x".repeat(64), "", "x".repeat(65), "a/b", "é", "a\n"].map(isSessionName),
    [true, true, true, false, false, false, false, false])
})

test("Data comes before functions and modules, and numbers in names count", () => {
  const variables = [variable("np", "module"), variable("x10", "int"), variable("fit", "function"), variable("x9", "int")]

  assert.deepEqual(ordered(variables).map(({ name }) => name), ["x9", "x10", "fit", "np"])
})

test("Variables are found by a part of the name or the type, in any case", () => {
  const variables = [variable("prices", "DataFrame"), variable("frames", "int"), variable("x", "int")]

  assert.deepEqual(matching(variables, " FRAME ").map(({ name }) => name), ["prices", "frames"])
  assert.equal(matching(variables, "").length, 3)
})

test("A shape is told with its dimensions, and nothing where there is none", () => {
  assert.deepEqual([[1000], [3, 4], [], null, undefined].map(shapeWords), ["1,000", "3 × 4", "", "", ""])
})

test("What a session holds and how long it stays is told in words", () => {
  assert.deepEqual(sessionFacts(summary, { age: 7_500_000, idle: 300_000, left: 1_500_000 }),
    ["84 of 256 MB", "1 run", "2 h old", "idle 5 min", "closes in 25 min 00 s"])
  assert.deepEqual(sessionFacts({ ...summary, memoryBytes: null }, { age: 5000, idle: 5000, left: null }), ["1 run", "5 s old"])
})

test("The button says whether the next run finds variables", () => {
  assert.equal(sessionStanding("a", null), "a begins empty with the next run")
  assert.equal(sessionStanding("a", summary), "a: 1 variable kept")
  assert.equal(sessionStanding("a", { ...summary, state: "running" }), "a is running")
})
