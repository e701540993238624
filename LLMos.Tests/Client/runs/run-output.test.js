import assert from "node:assert/strict"
import test from "node:test"
import { RunOutput } from "../../../LLMos.Client/src/runs/run-output.js"

/** @import { RunEvent } from "../../../LLMos.Client/src/contracts/runs.js" */

const limits = { timeoutSeconds: 30, heapMegabytes: 256, outputBytes: 1000 }
const usage = { wallMilliseconds: 12, cpuMilliseconds: 10, peakHeapBytes: 1024, queuedMilliseconds: 1, outputBytes: 4 }

/** Events in order, numbered from 1. @param {Partial<RunEvent>[]} events @returns {RunEvent[]} */
function numbered(events) {
  return events.map((event, index) => /** @type {RunEvent} */ ({ sequence: index + 1, atMilliseconds: index, ...event }))
}

/** @param {RunOutput} run */
function kinds(run) {
  return run.transcript.blocks.map((block) => block.kind)
}

test("A run goes from queued over running to its end", () => {
  const events = numbered([{ type: "queued", queuePosition: 2 }, { type: "started", limits }, { type: "stdout", text: "hi\n" }, { type: "ended", state: "succeeded", usage }])
  const run = new RunOutput()

  run.apply(events.slice(0, 1))
  assert.deepEqual([run.state, run.queuePosition, run.live], ["queued", 2, true])
  run.apply(events.slice(1, 2))
  assert.deepEqual([run.state, run.queuePosition, run.limits], ["running", null, limits])
  run.apply(events.slice(2))
  assert.deepEqual([run.state, run.live, run.usage], ["succeeded", false, usage])
})

test("Events that come again after a reconnect change nothing", () => {
  const events = numbered([{ type: "started", limits }, { type: "stdout", text: "a" }, { type: "stdout", text: "b" }])
  const run = new RunOutput()
  run.apply(events.slice(0, 2))

  assert.equal(run.apply(events), true)

  const [block] = /** @type {any[]} */ (run.transcript.blocks)
  assert.equal(block.open[0].text, "ab")
  assert.equal(run.lastSequence, 3)
})

test("A missing event stops before the gap, so that the stream can begin again there", () => {
  const events = numbered([{ type: "started", limits }, { type: "stdout", text: "a" }, { type: "stdout", text: "b" }])
  const run = new RunOutput()

  assert.equal(run.apply([events[0], events[2]]), false)

  assert.equal(run.lastSequence, 1)
})

test("Progress of one label moves one bar, and a finished bar begins anew", () => {
  const run = new RunOutput()

  run.apply(numbered([
    { type: "progress", progress: { done: 1, total: 2, label: "a" } },
    { type: "progress", progress: { done: 2, total: 2, label: "a" } },
    { type: "progress", progress: { done: 5, total: null, label: null } },
    { type: "progress", progress: { done: 1, total: 2, label: "a" } },
  ]))

  assert.deepEqual(run.transcript.blocks.map((block) => /** @type {any} */ (block).value.done), [2, 5, 1])
})

test("Figures are numbered in order and tables are not figures", () => {
  const run = new RunOutput()

  run.apply(numbered([
    { type: "display", data: { "image/png": "AAAA" } },
    { type: "result", data: { "text/html": "<table></table>", "text/plain": "t" } },
    { type: "display", data: { "image/svg+xml": "<svg/>" } },
  ]))

  assert.deepEqual(run.transcript.blocks.map((block) => /** @type {any} */ (block).value.figure), [1, null, 2])
  assert.equal(run.figures, 2)
})

test("A limit is told once, whether it came as an event, with the end, or both", () => {
  const limit = { name: "timeoutSeconds", value: 30, used: 30.01 }
  const both = new RunOutput()
  const endOnly = new RunOutput()

  both.apply(numbered([{ type: "limit", limit }, { type: "ended", state: "timed-out", limit, usage }]))
  endOnly.apply(numbered([{ type: "ended", state: "timed-out", limit, usage }]))

  assert.deepEqual(kinds(both), ["limit"])
  assert.deepEqual(kinds(endOnly), ["limit"])
})

test("The reason of an end is part of the output", () => {
  const run = new RunOutput()

  run.apply(numbered([{ type: "ended", state: "crashed", reason: "SIGSEGV", usage }]))

  assert.deepEqual(kinds(run), ["reason"])
})

test("Variables that were lost before the run are told first, and those lost by its end last", () => {
  const loss = { reason: "It was closed.", variables: [{ name: "x", type: "int" }], omitted: 0 }
  const lost = /** @type {const} */ ({ name: "a", state: "lost", expiresAt: null, loss })
  const run = new RunOutput()

  run.apply(numbered([{ type: "started", limits, session: lost }, { type: "stdout", text: "hi\n" }, { type: "ended", state: "timed-out", usage, session: lost }]))

  assert.deepEqual(kinds(run), ["loss", "text", "loss"])
  assert.deepEqual(run.transcript.blocks.filter(({ kind }) => kind === "loss").map((block) => /** @type {any} */ (block).value.when), ["before", "now"])
})

test("A loss that the run found is told once when its session goes on", () => {
  const loss = { reason: "It was closed.", variables: [], omitted: 0 }
  const lost = /** @type {const} */ ({ name: "a", state: "lost", expiresAt: null, loss })
  const run = new RunOutput()

  run.apply(numbered([{ type: "started", limits, session: lost }, { type: "ended", state: "succeeded", usage, session: { ...lost, expiresAt: "2026-01-01T10:30:00Z" } }]))

  assert.deepEqual(kinds(run), ["loss"])
})

test("A run shows what it found of its session, and at the end only a loss", () => {
  const run = new RunOutput()
  const found = /** @type {const} */ ({ name: "a", state: "fresh", expiresAt: null, loss: null })

  run.apply(numbered([{ type: "started", limits, session: found }, { type: "ended", state: "succeeded", usage, session: { ...found, state: "kept" } }]))

  assert.equal(run.session?.state, "fresh")
  assert.deepEqual(kinds(run), [])
})
