import assert from "node:assert/strict"
import test from "node:test"
import { VolumeTree } from "../../../LLMos.Client/src/volumes/volume-tree.js"

/** @import { Change, Entry } from "../../../LLMos.Client/src/contracts/volumes.js" */

/** @param {string} path @param {"file" | "folder"} type @returns {Entry} */
function entry(path, type = "file") {
  return { path, name: path.slice(path.lastIndexOf("/") + 1), type, bytes: 0, createdAt: "" }
}

/** @param {number} sequence @param {Change["kind"]} kind @param {string} path @param {Partial<Change>} [more] @returns {Change} */
function change(sequence, kind, path, more = {}) {
  return { sequence, kind, path, type: "file", at: "", author: "somebody", ...more }
}

/** A tree of which user/ is open. @param {Entry[]} entries */
function opened(entries, sequence = 10) {
  const tree = new VolumeTree()
  tree.setVolumes(["user", "team"])
  tree.setOpen("user", true)
  tree.list("user", entries, sequence, true)
  return tree
}

/** @param {VolumeTree} tree */
function names(tree) {
  return tree.rows.map(({ node, note, level }) => `${" ".repeat(level - 1)}${note ?? node.name}`)
}

test("folders come first, and numbers count as numbers", () => {
  const tree = opened([entry("user/b.txt"), entry("user/run 10"), entry("user/run 9"), entry("user/z", "folder")])

  assert.deepEqual(names(tree), ["user", " z", " b.txt", " run 9", " run 10", "team"])
})

test("what is told of goes to its place, and what was in the listing already does not come twice", () => {
  const tree = opened([entry("user/b.txt")])
  tree.apply(change(10, "removed", "user/b.txt"))
  tree.apply(change(11, "created", "user/a.txt"))
  tree.apply(change(12, "created", "user/a.txt"))
  tree.apply(change(13, "created", "user/new/deep/c.txt"))
  tree.apply(change(14, "removed", "user/a.txt"))

  assert.deepEqual(names(tree), ["user", " new", " b.txt", "team"])
})

test("a folder that moves stays open, with what is below it", () => {
  const tree = opened([entry("user/data", "folder")])
  tree.setOpen("user/data", true)
  tree.list("user/data", [entry("user/data/inner", "folder")], 10, true)
  tree.setOpen("user/data/inner", true)
  tree.list("user/data/inner", [entry("user/data/inner/a.csv")], 10, true)
  tree.apply(change(11, "moved", "user/given", { from: "user/data", type: "folder" }))

  assert.deepEqual(names(tree), ["user", " given", "  inner", "   a.csv", "team"])
  assert.equal(tree.find("user/data/inner/a.csv"), undefined)
  assert.equal(tree.find("user/given/inner/a.csv")?.name, "a.csv")
})

test("a later page of a listing joins the first, and what came between stays", () => {
  const tree = opened([entry("user/a.txt")])
  tree.apply(change(11, "created", "user/c.txt"))
  tree.list("user", [entry("user/b.txt"), entry("user/c.txt")], 11, false)

  assert.deepEqual(names(tree), ["user", " a.txt", " b.txt", " c.txt", "team"])
})

test("a listing from anew forgets what has gone and keeps what is open", () => {
  const tree = opened([entry("user/kept", "folder"), entry("user/gone", "folder"), entry("user/turned", "folder")])
  for (const name of ["kept", "gone", "turned"]) {
    tree.setOpen(`user/${name}`, true)
    tree.list(`user/${name}`, [entry(`user/${name}/x`)], 10, true)
  }
  tree.list("user", [entry("user/kept", "folder"), entry("user/turned")], 20, true)

  assert.deepEqual(names(tree), ["user", " kept", "  x", " turned", "team"])
  assert.equal(tree.find("user/gone/x"), undefined)
})

test("a row stays the same as long as it would look the same", () => {
  const tree = opened([entry("user/a.txt"), entry("user/b.txt")])
  const before = tree.rows
  tree.apply(change(11, "changed", "user/a.txt"))
  assert.equal(tree.rows[1], before[1])

  tree.apply(change(12, "created", "user/c.txt"))
  assert.notEqual(tree.rows[1], before[1], "there is one more beside it")
})

test("a folder with nothing in it says so, and one that is on its way too", () => {
  const tree = opened([])
  tree.setOpen("team", true)

  assert.deepEqual(names(tree), ["user", " Empty", "team", " Loading…"])
})
