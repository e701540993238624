import { FileMinus, FilePen, FilePlus, FileSymlink, Folder } from "lucide"
import { element, fill } from "../ui/element.js"
import { bytes, count, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"

/** @import { ChangedFile } from "../contracts/runs.js" */
/** @import { RunFiles } from "./run-files.js" */

/** @type {Record<string, import("lucide").IconNode>} */
const signs = { created: FilePlus, changed: FilePen, removed: FileMinus, moved: FileSymlink }

/** The files and folders that a run made, changed, moved or removed; a file that is there opens at a click. */
export class RunFileList {
  /** @type {RunFiles | null} */
  #files = null
  #version = 0

  /** @param {(path: string) => void} chosen */
  constructor(chosen) {
    this.chosen = chosen
    this.words = element("h3", { class: "run-files-words" })
    this.list = element("ul", {})
    this.element = element("section", { class: "run-files", "aria-label": "Files of the run", hidden: true }, this.words, this.list)
  }

  /** @param {RunFiles} files */
  show(files) {
    if (files === this.#files && files.version === this.#version)
      return
    this.#files = files
    this.#version = files.version
    const { list, omitted } = files
    this.element.hidden = list.length === 0
    this.words.textContent = count(list.length + omitted, "change")
    fill(this.list, ...list.map((file) => this.#row(file)),
      omitted > 0 && element("li", { class: "run-file-more" }, `and ${omitted.toLocaleString("en")} more`))
  }

  /** @param {ChangedFile} file */
  #row(file) {
    const { path, change, bytes: size, version, from } = file
    const isFile = typeof size === "number" || change === "removed"
    const title = [visible(path), from && `was ${visible(from)}`, typeof size === "number" && bytes(size), version && `version ${version}`].filter(Boolean).join(", ")
    const name = [icon(isFile ? signs[change] : Folder, 14), element("bdi", { class: "run-file-path" }, visible(path)), element("span", { class: "run-file-change" }, change)]
    return element("li", { title }, change === "removed" || !isFile
      ? element("span", { class: `run-file run-file-${change}` }, ...name)
      : element("button", { class: "run-file", type: "button", onclick: () => this.chosen(path) }, ...name))
  }
}
