import assert from "node:assert/strict"
import test from "node:test"
import { kindOf } from "../../../LLMos.Client/src/volumes/file-kind.js"
import { cellsOf, joined } from "../../../LLMos.Client/src/volumes/notebook-view.js"
import { separatorOf, textOf, versionIn } from "../../../LLMos.Client/src/volumes/open-file.js"
import { faultOfName, freePath, isWithin, moved, nameOf, parentOf, routeOf } from "../../../LLMos.Client/src/volumes/volume-paths.js"

test("a path is taken apart, and put into an address piece by piece", () => {
  assert.equal(nameOf("user/a/b.txt"), "b.txt")
  assert.equal(parentOf("user/a/b.txt"), "user/a")
  assert.equal(parentOf("user"), "")
  assert.equal(routeOf("files", "user/50 %/a#b?.txt"), "/volumes/user/files/50%20%25/a%23b%3F.txt")
  assert.equal(routeOf("export", "team"), "/volumes/team/export/")
})

test("a folder's name that begins another's is not that folder", () => {
  assert.equal(isWithin("user/ab/c", "user/a"), false)
  assert.equal(isWithin("user/a", "user/a"), true)
  assert.equal(moved("user/a/x", "user/a", "team/b"), "team/b/x")
  assert.equal(moved("user/ab/x", "user/a", "team/b"), "user/ab/x")
})

test("a name that the server would refuse is refused before", () => {
  for (const name of ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", "ä".repeat(128)])
    assert.ok(faultOfName(name), JSON.stringify(name))
  for (const name of ["a", "...", " a", "ä".repeat(127), "\u202ex"])
    assert.equal(faultOfName(name), null, JSON.stringify(name))
})

test("a copy gets the next free name", () => {
  assert.equal(freePath("user/a.txt", (path) => path === "user/a 2.txt"), "user/a 3.txt")
  assert.equal(freePath("user/.hidden", () => false), "user/.hidden 2")
})

test("what a file is follows from the end of its name", () => {
  assert.deepEqual(["A.PY", "b.tar.gz", "c.ipynb", "Makefile", "d.csv", ".md"].map(kindOf), ["program", "other", "notebook", "other", "table", "markdown"])
})

test("only whole UTF-8 is text, and a byte order mark is kept", () => {
  const bytes = (/** @type {number[]} */ ...values) => new Uint8Array(values).buffer
  assert.equal(textOf(bytes(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa")
  assert.equal(textOf(bytes(0xff, 0xfe)), null)
  assert.equal(textOf(bytes(0x61, 0)), null)
})

test("line ends are told apart, and mixed ones are not touched", () => {
  assert.equal(separatorOf("a\nb"), "")
  assert.equal(separatorOf("a\r\nb\r\n"), "\r\n")
  assert.equal(separatorOf("a\r\nb\n"), "\n")
  assert.equal(separatorOf("a\rb"), "\n")
})

test("a version is read from its tag", () => {
  assert.equal(versionIn("1f-a"), 10)
  assert.equal(versionIn(null), 0)
})

test("a notebook that is none is no notebook, and a cell's text may come in lines", () => {
  assert.equal(cellsOf("{}"), null)
  assert.equal(cellsOf("no json"), null)
  assert.equal(cellsOf('{"cells": [null, 1, {"cell_type": "code"}]}')?.length, 1)
  assert.equal(joined(["a\n", "b"]), "a\nb")
  assert.equal(joined({}), "")
})
