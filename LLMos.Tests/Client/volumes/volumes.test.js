import assert from "node:assert/strict"
import test from "node:test"
import { Problem } from "../../../LLMos.Client/src/connection/problem.js"
import { Volumes } from "../../../LLMos.Client/src/volumes/volumes.js"

/** @import { StreamReader } from "../../../LLMos.Client/src/connection/hub.js" */
/** @import { Change, FolderListing } from "../../../LLMos.Client/src/contracts/volumes.js" */
/** @import { VolumesListener } from "../../../LLMos.Client/src/volumes/volumes.js" */

/** @param {string[]} names @param {number} sequence @param {string | null} [next] @returns {FolderListing} */
function page(names, sequence, next = null) {
  const entries = names.map((name) => ({ path: `user/${name}`, name, type: /** @type {const} */ ("file"), bytes: 0, createdAt: "" }))
  return { path: "user", sequence, count: names.length, entries, next }
}

/** @param {number} sequence @param {Change["kind"]} kind @param {string} path @returns {Change} */
function change(sequence, kind, path) {
  return { sequence, kind, path, type: "file", at: "", author: "somebody" }
}

/** The volumes of a server whose answers are the test's. @param {VolumesListener} [listener] */
async function begun(listener = {}) {
  /** @type {{ args: any[], reader: StreamReader }[]} */
  const streams = []
  /** @type {((listing: FolderListing | Promise<never>) => void)[]} */
  const listings = []
  const state = { sequence: 5, connected: true, isAway: false }
  const volumes = new Volumes(/** @type {any} */ ({
    hub: {
      get connected() {
        return state.connected
      },
      stream: (/** @type {string} */ _, /** @type {any[]} */ args, /** @type {StreamReader} */ reader) => {
        streams.push({ args, reader })
        return () => {}
      },
    },
    async list() {
      if (state.isAway)
        throw Problem.unreachable()
      return { volumes: [{ name: "user", isWritable: true, sequence: state.sequence }] }
    },
    folder: () => new Promise((resolve) => listings.push(resolve)),
  }))
  volumes.listen(listener)
  const started = volumes.start()
  await settled()
  return { volumes, streams, listings, state, started, names: () => volumes.tree.rows.slice(1).map(({ node, note }) => note ?? node.name) }
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}

test("what changes while a listing is on its way is not missed", async () => {
  const { streams, listings, started, names } = await begun()
  streams[0].reader.next([change(7, "removed", "user/a.txt"), change(8, "created", "user/c.txt")])
  listings[0](page(["a.txt", "b.txt"], 6))
  await started

  assert.deepEqual(names(), ["b.txt", "c.txt"])
})

test("what changes between two pages of a listing is not missed", async () => {
  const { streams, listings, started, names } = await begun()
  listings[0](page(["a.txt"], 6, "a.txt"))
  await settled()
  streams[0].reader.next([change(7, "removed", "user/b.txt")])
  listings[1](page(["b.txt", "c.txt"], 6))
  await started

  assert.deepEqual(names(), ["a.txt", "c.txt"])
})

test("the stream goes on where it was after a lost connection, and tells nothing twice", async () => {
  /** @type {number[]} */
  const told = []
  const { volumes, streams, listings, state, started } = await begun({ filesChanged: (changes) => told.push(...changes.map(({ sequence }) => sequence)) })
  listings[0](page([], 5))
  await started
  assert.deepEqual(streams[0].args, ["user", 5])
  streams[0].reader.next([change(6, "created", "user/a.txt")])
  state.connected = false
  streams[0].reader.error(new Problem("connection.failed", "gone"))
  state.connected = true
  await volumes.hubConnected()
  assert.deepEqual(streams[1].args, ["user", 6])
  streams[0].reader.next([change(7, "created", "user/b.txt")])
  streams[1].reader.next([change(6, "created", "user/a.txt"), change(7, "created", "user/b.txt")])

  assert.deepEqual(told, [6, 7])
})

test("when the server keeps the changes no more, what is open is listed again", async () => {
  let unsure = 0
  const { streams, listings, state, started, names } = await begun({ filesUnsure: () => unsure += 1 })
  listings[0](page(["old.txt"], 5))
  await started
  state.sequence = 90_000
  streams[0].reader.error(new Problem("volumes.changes_gone", "too old"))
  await settled()
  listings[1](page(["new.txt"], 90_001))
  await settled()

  assert.deepEqual(streams[1].args, ["user", 90_000])
  assert.deepEqual(names(), ["new.txt"])
  assert.equal(unsure, 1)
})

test("a folder that cannot be listed is closed again, and the reason told", async () => {
  /** @type {string[]} */
  const told = []
  const { volumes, listings, started } = await begun({ failed: (problem) => told.push(problem.message) })
  listings[0](Promise.reject(new Problem("volumes.not_found", "There is none.")))
  await started

  assert.deepEqual(told, ["There is none."])
  assert.equal(volumes.tree.find("user")?.open, false)
})

test("a page that was opened while the server was away begins when it is back", async () => {
  const { volumes, listings, state, started } = await begun()
  listings[0](page([], 5))
  await started
  state.isAway = true
  const late = new Volumes(volumes.client)
  await assert.rejects(late.start())
  state.isAway = false
  const connected = late.hubConnected()
  await settled()
  listings[1](page(["a.txt"], 5))
  await connected

  assert.deepEqual(late.tree.rows.map(({ node }) => node.name), ["user", "a.txt"])
})
