import assert from "node:assert/strict"
import test from "node:test"
import { Problem } from "../../../LLMos.Client/src/connection/problem.js"
import { HeldLease } from "../../../LLMos.Client/src/devices/held-lease.js"

/** @import { StreamReader } from "../../../LLMos.Client/src/connection/hub.js" */

/** A server that gives what is asked, and what was told of the lease. @param {import("node:test").TestContext} t */
function held(t) {
  t.mock.timers.enable({ apis: ["setInterval"] })
  const server = {
    /** @type {any[]} */ asked: [],
    /** @type {Problem | null} */ refusal: null,
    /** @type {StreamReader | null} */ waiting: null,
    stopped: 0,
  }
  const answer = async (/** @type {any[]} */ ...asked) => {
    server.asked.push(asked)
    if (server.refusal)
      throw server.refusal
    return { leaseId: `lease-${server.asked.length}`, expiresAt: "" }
  }
  const told = { changes: 0, losses: 0 }
  const lease = new HeldLease({
    takeLease: (_, request) => answer("take", request),
    waitForLease: (_, request, reader) => {
      server.asked.push(["wait", request])
      server.waiting = reader
      return () => void (server.stopped += 1)
    },
    renewLease: (_, id) => answer("renew", id),
    releaseLease: async (_, id) => void server.asked.push(["release", id]),
  }, "virtual-1", { leaseChanged: () => void (told.changes += 1), leaseLost: () => void (told.losses += 1) })
  return { lease, server, told }
}

test("a lease is renewed while it is held, and no more when it was given back", async (t) => {
  const { lease, server } = held(t)
  await lease.take()
  t.mock.timers.tick(20_000)
  assert.deepEqual(server.asked, [["take", {}], ["renew", "lease-1"]])
  await lease.giveBack()
  t.mock.timers.tick(60_000)
  assert.deepEqual(server.asked.at(-1), ["release", "lease-1"])
  assert.throws(() => lease.required, { code: "devices.lease_required" })
})

test("a lease is also renewed when something arrives, as timers of hidden pages are late", async (t) => {
  const { lease, server } = held(t)
  let now = 1000
  t.mock.method(performance, "now", () => now)
  await lease.keep()
  await lease.take()
  await lease.keep()
  assert.deepEqual(server.asked, [["take", {}]])
  now += 20_000
  await lease.keep()
  await lease.keep()
  assert.deepEqual(server.asked, [["take", {}], ["renew", "lease-1"]])
})

test("a lease that the server has no more is lost once", async (t) => {
  const { lease, server, told } = held(t)
  await lease.take()
  server.refusal = new Problem("devices.lease_required", "It is not yours.")
  await lease.check()
  await lease.check()
  assert.deepEqual([lease.id, told.losses], [null, 1])
})

test("a connection that is lost for the moment loses no lease", async (t) => {
  const { lease, server, told } = held(t)
  await lease.take()
  server.refusal = new Problem("connection.failed", "Gone.")
  await lease.check()
  assert.deepEqual([lease.id, told.losses], ["lease-1", 0])
})

test("who waits gets the lease, gives up, or is told that the time is over", async (t) => {
  const { lease, server } = held(t)
  const first = lease.wait({ reason: "next" })
  assert.ok(lease.isWaiting)
  assert.deepEqual(server.asked, [["wait", { reason: "next", waitSeconds: 300 }]])
  server.waiting?.next({ leaseId: "mine" })
  server.waiting?.complete()
  assert.deepEqual([await first, lease.id, lease.isWaiting], [true, "mine", false])

  const second = lease.wait()
  lease.stopWaiting()
  assert.deepEqual([await second, server.stopped, lease.isWaiting], [false, 1, false])

  const third = lease.wait()
  server.waiting?.error(new Problem("devices.lease_busy", "Somebody has it."))
  await assert.rejects(third, { code: "devices.lease_busy" })
  assert.equal(lease.isWaiting, false)
})
