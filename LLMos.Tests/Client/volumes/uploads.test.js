import assert from "node:assert/strict"
import test from "node:test"
import { Problem } from "../../../LLMos.Client/src/connection/problem.js"
import { Uploads } from "../../../LLMos.Client/src/volumes/uploads.js"

/** @import { ConflictAnswer } from "../../../LLMos.Client/src/volumes/uploads.js" */

const taken = new Problem("volumes.precondition_failed", "There is one.", 412)

/** Uploads to a server where some paths are taken. @param {string[]} there @param {{ answer: ConflictAnswer, forAll: boolean }[]} answers */
function begun(there, answers = []) {
  /** @type {string[]} */
  const sent = []
  /** @type {string[]} */
  const asked = []
  let [running, most] = [0, 0]
  const send = async (/** @type {string} */ path, /** @type {Blob} */ _, /** @type {boolean} */ overwrite) => {
    most = Math.max(most, running += 1)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    if (there.includes(path) && !overwrite)
      throw taken
    if (path.endsWith("refused"))
      throw new Problem("volumes.quota_exceeded", "No room.", 413)
    sent.push(path)
    return /** @type {any} */ ({})
  }
  /** @type {() => void} */
  let ended = () => {}
  const done = new Promise((resolve) => ended = () => resolve(null))
  const uploads = new Uploads({ upload: send, import: send }, {
    uploadsChanged: () => uploads.all.length > 0 && !uploads.isBusy && ended(),
    conflictAsked: async ({ path }) => {
      asked.push(path)
      return answers[asked.length - 1]
    },
  })
  return { uploads, sent, asked, done, most: () => most, states: () => uploads.all.map(({ state }) => state) }
}

/** @param {...string} paths */
function files(...paths) {
  return paths.map((path) => ({ path, content: new Blob(["x"]) }))
}

test("files go a few at a time, and one that is refused holds up no other", async () => {
  const { uploads, sent, done, most, states } = begun([])
  uploads.add(files("user/a", "user/refused", ..."bcdefg".split("").map((name) => `user/${name}`)))
  await done

  assert.equal(sent.length, 7)
  assert.equal(most(), 4)
  assert.equal(uploads.all[1].problem, "No room.")
  assert.deepEqual(new Set(states()), new Set(["done", "failed"]))
})

test("what is there is asked about one after the other, until an answer is for all", async () => {
  const { uploads, sent, asked, done, states } = begun(["user/a", "user/b", "user/c"], [{ answer: "skip", forAll: false }, { answer: "replace", forAll: true }])
  uploads.add(files("user/a", "user/b", "user/c"))
  await done

  assert.deepEqual(asked, ["user/a", "user/b"])
  assert.deepEqual(sent, ["user/b", "user/c"])
  assert.deepEqual(states(), ["skipped", "done", "done"])
})

test("a cancelled batch sends no more", async () => {
  const { uploads, sent, done, states } = begun([])
  uploads.add(files("user/a", "user/b", "user/c", "user/d", "user/e", "user/f"))
  uploads.cancel()
  await done

  assert.equal(sent.includes("user/e"), false)
  assert.deepEqual(states().slice(4), ["skipped", "skipped"])
})
