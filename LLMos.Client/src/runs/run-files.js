/** @import { ChangedFile } from "../contracts/runs.js" */

/** What became of files while a run was on: one entry for each path, as told by events or by the record. */
export class RunFiles {
  /** How many more there were than are listed. */
  omitted = 0
  /** Grows with every change of the list. */
  version = 0
  #isWhole = false
  /** @type {Map<string, ChangedFile>} */
  #byPath = new Map()

  /** @returns {ChangedFile[]} */
  get list() {
    return [...this.#byPath.values()]
  }

  /** Takes the list of a run's record, which is right whatever the events told. @param {ChangedFile[]} files @param {number | null} [omitted] */
  takeAll(files, omitted) {
    this.#byPath = new Map(files.map((file) => [file.path, file]))
    this.omitted = omitted ?? 0
    this.version += 1
    this.#isWhole = true
  }

  /** @param {ChangedFile} file as an event told of it */
  take(file) {
    if (this.#isWhole)
      return
    this.version += 1
    const before = this.#byPath.get(file.from ?? file.path)
    if (file.from)
      this.#byPath.delete(file.from)
    const change = combined(before?.change, file.change)
    if (change === null)
      this.#byPath.delete(file.path)
    else
      this.#byPath.set(file.path, { ...file, change, from: change === "moved" ? before?.from ?? file.from : null })
  }
}

/** What two changes after each other come to; null: nothing is left of them. @param {ChangedFile["change"] | undefined} before @param {ChangedFile["change"]} now @returns {ChangedFile["change"] | null} */
function combined(before, now) {
  if (before === "created")
    return now === "removed" ? null : "created"
  if (before === "removed" && now === "created")
    return "changed"
  return before === "moved" && now === "changed" ? "moved" : now
}
