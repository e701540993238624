import assert from "node:assert/strict"
import test from "node:test"
import { SessionList } from "../../../LLMos.Client/src/runs/session-list.js"

/** @import { SessionSummary } from "../../../LLMos.Client/src/contracts/runs.js" */

const began = "2026-01-01T10:00:00Z"

/** @param {string} name @param {Partial<SessionSummary>} [some] @returns {SessionSummary} */
function session(name, some = {}) {
  return {
    name, state: "idle", createdAt: began, lastUsedAt: began, expiresAt: "2026-01-01T10:30:00Z", ageSeconds: 60, idleSeconds: 60,
    runs: 1, heapMegabytes: 256, memoryBytes: null, variableCount: 2, ...some,
  }
}

test("A session's times count on from when it was told, whatever this browser's clock says", () => {
  const list = new SessionList()
  list.put(session("a"), 5_000_000)

  assert.deepEqual(list.times("a", 5_010_000), { age: 70_000, idle: 70_000, left: 29 * 60_000 - 10_000 })
  assert.equal(list.times("a", 99_000_000).left, 0)
})

test("A session in use is not idle and does not expire", () => {
  const list = new SessionList()
  list.put(session("a", { state: "running", expiresAt: null }), 0)

  assert.deepEqual(list.times("a", 1000), { age: 61_000, idle: 0, left: null })
})

test("A session that a run has begun in is in use until the server tells it again", () => {
  const list = new SessionList()
  list.put(session("a"), 0)
  list.enter("a")
  assert.deepEqual([list.find("a")?.state, list.times("a", 0).left], ["running", null])

  list.put(session("a", { ageSeconds: 61 }), 1)
  assert.equal(list.find("a")?.state, "idle")
})

test("A push that is overtaken by a newer one changes nothing, as Date or as text", () => {
  const list = new SessionList()
  list.put(session("a", { ageSeconds: 90, runs: 2 }), 0)
  list.put(session("a", { createdAt: new Date(began), ageSeconds: 80, state: "running" }), 1)

  assert.equal(list.find("a")?.runs, 2)
})

test("What was closed does not come back by a late answer, and may begin anew under its name", () => {
  const list = new SessionList()
  list.put(session("a"), 0)
  list.put(session("a", { state: "closed", ageSeconds: 61 }), 1)
  list.put(session("a", { ageSeconds: 62 }), 2)
  assert.deepEqual(list.all, [])

  list.put(session("a", { createdAt: "2026-01-01T10:02:00Z", ageSeconds: 0 }), 3)
  assert.equal(list.find("a")?.ageSeconds, 0)
})

test("A whole list takes away what it has not, but not what began after it was asked for", () => {
  const list = new SessionList()
  list.put(session("old"), 10)
  list.put(session("pushed"), 30)

  list.replace([session("listed", { createdAt: "2026-01-01T09:00:00Z" })], 20, 40)

  assert.deepEqual(list.all.map(({ name }) => name), ["listed", "pushed"])
})
