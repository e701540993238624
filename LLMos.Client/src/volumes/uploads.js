/** @import { VolumeClient } from "./volume-client.js" */
/** @import { Problem } from "../connection/problem.js" */
/** @import { ImportResult } from "../contracts/volumes.js" */

/** @typedef {"waiting" | "sending" | "asking" | "done" | "skipped" | "failed"} UploadState */
/** @typedef {{ path: string, content: Blob, isZip: boolean, files: number, sent: number, state: UploadState, problem: string, names: string, leftOut: ImportResult["leftOut"], leftOutOmitted: number }} Upload path: the file to be; of a zip, the folder that takes its files; names: how those in a zip are written, where it does not say so */
/** @typedef {"replace" | "skip"} ConflictAnswer */
/** @typedef {{ uploadsChanged(): void, conflictAsked(upload: Upload): Promise<{ answer: ConflictAnswer, forAll: boolean }>, namesAsked(upload: Upload, example: string): Promise<string | null> }} UploadsDelegate */

const parallel = 4

/** Files on their way to the server, a few at a time. What is there already is asked about, one question at a time. */
export class Uploads {
  /** @type {Upload[]} */
  all = []
  #abort = new AbortController()
  #running = 0
  #next = 0
  /** @type {ConflictAnswer | null} */
  #forAll = null
  /** @type {Promise<unknown>} */
  #questions = Promise.resolve()

  /** @param {Pick<VolumeClient, "upload" | "import">} client @param {UploadsDelegate} delegate */
  constructor(client, delegate) {
    this.client = client
    this.delegate = delegate
  }

  get isBusy() {
    return this.all.some(({ state }) => state === "waiting" || state === "sending" || state === "asking")
  }

  /** @param {{ path: string, content: Blob, isZip?: boolean }[]} files */
  add(files) {
    if (!this.isBusy)
      this.clear()
    this.all.push(...files.map(({ path, content, isZip = false }) => ({ path, content, isZip, files: 1, sent: 0, state: /** @type {UploadState} */ ("waiting"), problem: "", names: "", leftOut: [], leftOutOmitted: 0 })))
    this.#fill()
  }

  clear() {
    this.all = []
    this.#next = 0
    this.#forAll = null
    this.#abort = new AbortController()
    this.delegate.uploadsChanged()
  }

  cancel() {
    this.#abort.abort()
    this.all.filter(({ state }) => state === "waiting").forEach((upload) => this.#end(upload, "skipped", "Cancelled."))
  }

  #fill() {
    while (this.#running < parallel && this.#next < this.all.length) {
      const upload = this.all[this.#next]
      this.#next += 1
      if (upload.state !== "waiting")
        continue
      this.#running += 1
      void this.#send(upload, false).finally(() => {
        this.#running -= 1
        this.#fill()
      })
    }
    this.delegate.uploadsChanged()
  }

  /** @param {Upload} upload @param {boolean} overwrite @returns {Promise<void>} */
  async #send(upload, overwrite) {
    upload.state = "sending"
    const { signal } = this.#abort
    try {
      const brought = await this.client[upload.isZip ? "import" : "upload"](upload.path, upload.content, overwrite, (sent) => {
        upload.sent = sent
        this.delegate.uploadsChanged()
      }, signal, upload.names)
      upload.sent = upload.content.size
      if (upload.isZip) {
        const { files = 0, leftOut = [], leftOutOmitted = 0 } = /** @type {Partial<ImportResult>} */ (brought)
        Object.assign(upload, { files, leftOut, leftOutOmitted })
      }
      this.#end(upload, "done", "")
    } catch (error) {
      const problem = /** @type {Problem} */ (error)
      if ((problem.status === 412 || problem.code === "volumes.exists") && !overwrite)
        await this.#conflict(upload)
      else if (problem.code === "volumes.archive_names_unknown" && !upload.names && !signal.aborted)
        await this.#unknownNames(upload, overwrite, problem)
      else
        this.#end(upload, signal.aborted ? "skipped" : "failed", problem.message)
    }
  }

  /** @param {Upload} upload */
  async #conflict(upload) {
    upload.state = "asking"
    upload.sent = 0
    const question = this.#questions.then(async () => {
      if (this.#forAll)
        return this.#forAll
      const { answer, forAll } = await this.delegate.conflictAsked(upload)
      if (forAll)
        this.#forAll = answer
      return answer
    })
    this.#questions = question.catch(() => {})
    if (await question === "replace" && !this.#abort.signal.aborted)
      await this.#send(upload, true)
    else
      this.#end(upload, "skipped", "Skipped: it is there already.")
  }

  /** @param {Upload} upload @param {boolean} overwrite @param {Problem} problem */
  async #unknownNames(upload, overwrite, problem) {
    upload.state = "asking"
    upload.sent = 0
    const question = this.#questions.then(() => this.delegate.namesAsked(upload, problem.message))
    this.#questions = question.catch(() => {})
    upload.names = await question ?? ""
    if (upload.names && !this.#abort.signal.aborted)
      await this.#send(upload, overwrite)
    else
      this.#end(upload, "skipped", "Skipped: its names cannot be read.")
  }

  /** @param {Upload} upload @param {UploadState} state @param {string} problem */
  #end(upload, state, problem) {
    Object.assign(upload, { state, problem })
    this.delegate.uploadsChanged()
  }
}
