import assert from "node:assert/strict"
import test from "node:test"
import { RunList, runningTime } from "../../../LLMos.Client/src/runs/run-list.js"

/** @import { RunSummary } from "../../../LLMos.Client/src/contracts/runs.js" */

/** @param {string} id @param {Partial<RunSummary>} [some] @returns {RunSummary} */
function run(id, some = {}) {
  return {
    id, language: "python", state: "queued", user: "marie", title: id, queuePosition: 1,
    createdAt: "2026-01-01T10:00:00Z", startedAt: null, endedAt: null, ...some,
  }
}

test("The newest run comes first, whether its time is text or a Date", () => {
  const runs = new RunList()
  runs.put(run("a", { createdAt: "2026-01-01T10:00:00Z" }))
  runs.put(run("b", { createdAt: new Date("2026-01-01T10:00:01Z") }))
  runs.put(run("c", { createdAt: "2026-01-01T10:00:01Z" }))

  assert.deepEqual(runs.all.map(({ id }) => id), ["c", "b", "a"])
})

test("A late answer does not bring an ended run back to life", () => {
  const runs = new RunList()
  runs.put(run("a", { state: "succeeded", endedAt: "2026-01-01T10:00:02Z" }))
  runs.put(run("a", { state: "running" }))

  assert.equal(runs.find("a")?.state, "succeeded")
  assert.equal(runs.anyLive, false)
})

test("Runs are grouped under their headings in order", () => {
  const runs = new RunList()
  runs.put(run("a", { createdAt: "2026-01-01T10:00:00Z" }))
  runs.put(run("b", { createdAt: "2026-01-02T10:00:00Z" }))

  const groups = runs.grouped(({ createdAt }) => String(createdAt).slice(0, 10))

  assert.deepEqual(groups.map(([heading, members]) => [heading, members.length]), [["2026-01-02", 1], ["2026-01-01", 1]])
})

test("A run's time counts from its start, and stops at its end", () => {
  const started = { startedAt: "2026-01-01T10:00:01Z" }
  const now = Date.parse("2026-01-01T10:00:05Z")

  assert.equal(runningTime(run("a"), now), null)
  assert.equal(runningTime(run("a", started), now), 4000)
  assert.equal(runningTime(run("a", { ...started, endedAt: "2026-01-01T10:00:03Z" }), now), 2000)
})
