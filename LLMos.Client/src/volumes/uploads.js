/** @import { VolumeClient } from "./volume-client.js" */
/** @import { Problem } from "../connection/problem.js" */

/** @typedef {"waiting" | "sending" | "asking" | "done" | "skipped" | "failed"} UploadState */
/** @typedef {{ path: string, content: Blob, isZip: boolean, files: number, sent: number, state: UploadState, problem: string }} Upload path: the file to be; of a zip, the folder that takes its files */
/** @typedef {"replace" | "skip"} ConflictAnswer */
/** @typedef {{ uploadsChanged(): void, conflictAsked(upload: Upload): Promise<{ answer: ConflictAnswer, forAll: boolean }> }} UploadsDelegate */

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
    this.all.push(...files.map(({ path, content, isZip = false }) => ({ path, content, isZip, files: 1, sent: 0, state: /** @type {UploadState} */ ("waiting"), problem: "" })))
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
      }, signal)
      upload.sent = upload.content.size
      upload.files = upload.isZip ? brought.files ?? 0 : 1
      this.#end(upload, "done", "")
    } catch (error) {
      const problem = /** @type {Problem} */ (error)
      if ((problem.status === 412 || problem.code === "volumes.exists") && !overwrite)
        await this.#conflict(upload)
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

  /** @param {Upload} upload @param {UploadState} state @param {string} problem */
  #end(upload, state, problem) {
    Object.assign(upload, { state, problem })
    this.delegate.uploadsChanged()
  }
}
