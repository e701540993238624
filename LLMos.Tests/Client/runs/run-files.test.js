import assert from "node:assert/strict"
import test from "node:test"
import { RunFiles } from "../../../LLMos.Client/src/runs/run-files.js"

/** @import { ChangedFile } from "../../../LLMos.Client/src/contracts/runs.js" */

/** @param {ChangedFile["change"]} change @param {string} path @param {string | null} [from] @returns {ChangedFile} */
function file(change, path, from = null) {
  return { path, change, from, bytes: 1, version: 1 }
}

/** @param {[ChangedFile["change"], string, string?][]} events */
function told(...events) {
  const files = new RunFiles()
  events.forEach(([change, path, from]) => files.take(file(change, path, from)))
  return files
}

/** @param {RunFiles} files */
function words({ list }) {
  return list.map(({ change, path, from }) => `${change} ${path}${from ? ` from ${from}` : ""}`)
}

test("what is made and written again is a new file", () => {
  assert.deepEqual(words(told(["created", "user/a"], ["changed", "user/a"], ["changed", "user/b"])), ["created user/a", "changed user/b"])
})

test("what is made and removed has never been", () => {
  assert.deepEqual(words(told(["created", "user/a"], ["removed", "user/a"], ["removed", "user/b"])), ["removed user/b"])
})

test("what is written aside and moved into place is new there", () => {
  assert.deepEqual(words(told(["created", "user/a.part"], ["moved", "user/a", "user/a.part"])), ["created user/a"])
})

test("what moves twice comes from where it first was", () => {
  assert.deepEqual(words(told(["moved", "user/b", "user/a"], ["changed", "user/b"], ["moved", "user/c", "user/b"])), ["moved user/c from user/a"])
})

test("what is removed and made again has changed", () => {
  assert.deepEqual(words(told(["removed", "user/a"], ["created", "user/a"])), ["changed user/a"])
})

test("the record is right, whatever events told before and after", () => {
  const files = told(["created", "user/a"])
  files.takeAll([file("changed", "user/b")], 7)
  files.take(file("created", "user/c"))

  assert.deepEqual(words(files), ["changed user/b"])
  assert.equal(files.omitted, 7)
})
