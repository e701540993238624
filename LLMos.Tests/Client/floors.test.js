import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import test from "node:test"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("../../LLMos.Client/src", import.meta.url))
const slices = ["accounts", "devices", "runs", "volumes"]

/** What each folder may import, besides itself and packages. "" is the composition roots. @type {Record<string, string[]>} */
const below = {
  "contracts": [],
  "connection": ["contracts"],
  "ui": [],
  ...Object.fromEntries(slices.map((slice) => [slice, ["contracts", "connection", "ui"]])),
  "": ["contracts", "connection", "ui", ...slices],
}

/** @param {string} folder @returns {string[]} */
function modulesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => entry.isDirectory()
    ? modulesIn(join(folder, entry.name))
    : entry.name.endsWith(".js") ? [join(folder, entry.name)] : [])
}

/** @param {string} path */
function folderOf(path) {
  return dirname(relative(source, path)).replace(/^\.$/, "")
}

/** Static, dynamic and type imports of our own modules. @param {string} path */
function importsOf(path) {
  return [...readFileSync(path, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, named]) => resolve(dirname(path), named))
}

for (const path of modulesIn(source)) {
  test(`${relative(source, path)} imports only from the floors below it`, () => {
    const folder = folderOf(path)
    assert.ok(folder in below, `${folder} has no floor`)

    const breaches = importsOf(path).filter((imported) => ![folder, ...below[folder]].includes(folderOf(imported)))

    assert.deepEqual(breaches.map((breach) => relative(source, breach)), [])
  })
}

test("only connection speaks fetch and SignalR", () => {
  const speakers = modulesIn(source).filter((path) => /@microsoft\/signalr|[^.\w]fetch\(|XMLHttpRequest|WebSocket\(/.test(readFileSync(path, "utf8")))

  assert.deepEqual(speakers.map(folderOf).filter((folder) => folder !== "connection"), [])
})

test("no module is longer than 400 lines", () => {
  const long = modulesIn(source).filter((path) => readFileSync(path, "utf8").split("\n").length > 400)

  assert.deepEqual(long, [])
})
