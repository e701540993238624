import { isText, kindOf } from "./file-kind.js"
import { nameOf } from "./volume-paths.js"

/** @import { Change, Entry } from "../contracts/volumes.js" */
/** @import { Volumes } from "./volumes.js" */

const megabyte = 1024 * 1024
const maxTextBytes = 4 * megabyte
const maxShownBytes = 64 * megabyte

/** @typedef {"loading" | "text" | "bytes" | "too-large" | "failed"} OpenState bytes: not text */
/** @typedef {{ text: string, tag: string, entry: Entry }} Theirs what somebody else has saved meanwhile */
/** @typedef {{ text: null, entry: Entry, why: string }} Unreadable the same, where it is nothing to compare with; why: it "is not text" */

/** A file in the editor: what was last read or written of it, and which version that was. */
export class OpenFile {
  /** @type {OpenState} */
  state = "loading"
  /** @type {Entry | null} */
  entry = null
  /** The version that the text is based on; null: there is no file. @type {string | null} */
  tag = null
  text = ""
  /** @type {Blob | null} */
  blob = null
  saving = false
  problem = ""
  /** A change that came while saving, which may be our own. @type {Change | null} */
  #meanwhile = null

  /** @param {Volumes} volumes @param {string} path */
  constructor(volumes, path) {
    this.volumes = volumes
    this.path = path
  }

  get kind() {
    return kindOf(this.name)
  }

  get name() {
    return nameOf(this.path)
  }

  /** Whether its text is one for an editor. */
  get isEditable() {
    return this.state === "text" && this.text.length <= maxTextBytes
  }

  get isWritable() {
    return this.isEditable && this.volumes.mayWrite(this.path)
  }

  async load() {
    try {
      this.entry = await this.volumes.client.stat(this.path)
      if (this.entry.bytes > (this.kind === "image" || this.kind === "table" || this.kind === "notebook" || this.kind === "pdf" ? maxShownBytes : maxTextBytes)) {
        this.state = "too-large"
        return
      }
      const { blob, tag } = await this.volumes.client.read(this.path)
      this.blob = blob
      this.tag = tag
      const text = isText(this.kind) ? textOf(await blob.arrayBuffer()) : null
      this.text = text ?? ""
      this.state = text === null ? "bytes" : "text"
    } catch (problem) {
      this.problem = problem instanceof Error ? problem.message : String(problem)
      this.state = "failed"
    }
  }

  /** Writes over the version that was read, and over no other. @param {string} text @returns {Promise<Change | null>} one of somebody else that came meanwhile */
  async save(text, tag = this.tag) {
    this.saving = true
    this.#meanwhile = null
    try {
      const blob = new Blob([text])
      this.entry = await this.volumes.client.write(this.path, blob, tag)
      this.tag = this.entry.tag ?? null
      this.text = text
      this.blob = blob
    } finally {
      this.saving = false
    }
    const meanwhile = /** @type {Change | null} */ (this.#meanwhile)
    return meanwhile && (meanwhile.version ?? 0) > (this.entry.version ?? 0) ? meanwhile : null
  }

  /** What is there now. @returns {Promise<Theirs | Unreadable>} */
  async theirs() {
    const entry = await this.volumes.client.stat(this.path)
    if (entry.bytes > maxTextBytes)
      return { text: null, entry, why: "is too large to compare" }
    const { blob, tag } = await this.volumes.client.read(this.path)
    const text = textOf(await blob.arrayBuffer())
    return text === null ? { text, entry, why: "is not text" } : { text, tag, entry }
  }

  /** @param {Theirs} theirs */
  take({ text, tag, entry }) {
    this.text = text
    this.tag = tag
    this.entry = entry
    this.blob = new Blob([text])
  }

  /** Whether a change is news, and not the echo of our own saving. @param {Change} change */
  isNews(change) {
    if (this.saving) {
      this.#meanwhile = change
      return false
    }
    return change.kind === "removed" || change.kind === "moved" || (change.version ?? 0) > versionIn(this.tag)
  }
}

/** @param {string | null} tag */
export function versionIn(tag) {
  return Number.parseInt(tag?.split("-")[1] ?? "", 16) || 0
}

/** UTF-8 without NUL; null when it is something else. @param {ArrayBuffer} bytes */
export function textOf(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes("\0") ? null : text
  } catch {
    return null
  }
}

/** The line separator with which an editor gives back just what it was given. @param {string} text @returns {string} "" when every line ends alike with \n */
export function separatorOf(text) {
  if (!text.includes("\r"))
    return ""
  return /^(?:[^\r\n]|\r\n)*$/.test(text) ? "\r\n" : "\n"
}
