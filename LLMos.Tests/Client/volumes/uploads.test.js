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
  const send = async (/** @type {string} */ path, /** @type {Blob} */ _, /** @type {boolean} */ overwrite, /** @type {unknown} */ __, /** @type {unknown} */ ___, names = "") => {
    most = Math.max(most, running += 1)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    if (there.includes(path) && !overwrite)
      throw taken
    if (path.endsWith("refused"))
      throw new Problem("volumes.quota_exceeded", "No room.", 413)
    if (path.endsWith("japanese") && !names)
      throw new Problem("volumes.archive_names_unknown", "Say it by names=.", 400)
    sent.push(names ? `${path} in ${names}` : path)
    return /** @type {any} */ ({ files: 2, leftOut: [{ name: "link", reason: "a link" }], leftOutOmitted: 3 })
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
    namesAsked: async ({ path }) => path.includes("known") ? "shift_jis" : null,
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

test("names in a zip that says nothing of them are asked for, and what was left out is known", async () => {
  const { uploads, sent, done, states } = begun([])
  uploads.add(["user/known japanese", "user/other japanese"].map((path) => ({ path, content: new Blob(["x"]), isZip: true })))
  await done

  assert.deepEqual(sent, ["user/known japanese in shift_jis"])
  assert.deepEqual(states(), ["done", "skipped"])
  assert.deepEqual([uploads.all[0].files, uploads.all[0].leftOut.length, uploads.all[0].leftOutOmitted], [2, 1, 3])
})
