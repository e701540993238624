import { RunFiles } from "./run-files.js"
import { Transcript } from "./transcript.js"

/** @import { RunEvent, RunState, RunLimits, RunUsage, RunError, RunProgress, RunSession, LimitReached } from "../contracts/runs.js" */
/** @import { ThingBlock } from "./transcript.js" */

/** What is known of one run from the events seen so far. No I/O, no clock. */
export class RunOutput {
  transcript = new Transcript()
  lastSequence = 0
  /** @type {RunState} */
  state = "queued"
  /** @type {number | null} */
  queuePosition = null
  /** Milliseconds after creation. @type {number | null} */
  startedAt = null
  latestAt = 0
  /** @type {RunLimits | null} */
  limits = null
  /** @type {RunUsage | null} */
  usage = null
  /** @type {RunError | null} */
  error = null
  /** @type {RunProgress | null} the latest, of whatever label */
  progress = null
  /** @type {string | null} */
  reason = null
  /** @type {LimitReached | null} */
  limit = null
  /** What the run found of its session, or what it lost of it. @type {RunSession | null} */
  session = null
  figures = 0
  files = new RunFiles()
  /** @type {Map<string, ThingBlock>} */
  #bars = new Map()

  get live() {
    return this.state === "queued" || this.state === "running"
  }

  /**
   * Takes the next events. What was seen before is skipped, so that a stream may be opened again anywhere.
   * @param {RunEvent[]} events @returns {boolean} false when one is missing between: open the stream again after `lastSequence`
   */
  apply(events) {
    for (const event of events) {
      if (event.sequence <= this.lastSequence)
        continue
      if (event.sequence > this.lastSequence + 1)
        return false
      this.lastSequence = event.sequence
      this.latestAt = event.atMilliseconds
      this.#take(event)
    }
    return true
  }

  /** @param {RunEvent} event */
  #take(event) {
    switch (event.type) {
      case "queued":
        this.queuePosition = event.queuePosition ?? null
        break
      case "started":
        this.state = "running"
        this.queuePosition = null
        this.startedAt = event.atMilliseconds
        this.limits = event.limits ?? null
        this.#takeSession(event.session, "before")
        break
      case "stdout":
      case "stderr":
        this.transcript.write(event.type, event.text ?? "")
        break
      case "display":
      case "result":
        this.#show(event)
        break
      case "progress":
        this.#advance(/** @type {RunProgress} */ (event.progress))
        break
      case "error":
        this.error = event.error ?? null
        this.transcript.add("error", event.error)
        break
      case "limit":
        this.#showLimit(event.limit)
        break
      case "file":
        if (event.file)
          this.files.take(event.file)
        break
      case "ended":
        this.#end(event)
        break
    }
  }

  /** @param {RunEvent} event */
  #show(event) {
    const data = event.data ?? {}
    const isFigure = Object.keys(data).some((type) => type.startsWith("image/"))
    if (isFigure)
      this.figures += 1
    const size = Object.values(data).reduce((sum, text) => sum + text.length, 0)
    this.transcript.add(event.type, { data, figure: isFigure ? this.figures : null }, size)
  }

  /** @param {RunProgress} progress */
  #advance(progress) {
    this.progress = progress
    const label = progress.label ?? ""
    const bar = this.#bars.get(label)
    if (bar && !isComplete(bar.value))
      this.transcript.change(bar, progress)
    else
      this.#bars.set(label, this.transcript.add("progress", progress))
  }

  /** @param {LimitReached | null | undefined} limit */
  #showLimit(limit) {
    if (!limit || this.limit)
      return
    this.limit = limit
    this.transcript.add("limit", limit)
  }

  /** @param {RunSession | null | undefined} session @param {"before" | "now"} when */
  #takeSession(session, when) {
    if (!session)
      return
    // In logs of earlier versions the end repeats what the run had found, with a time to expire.
    const isLost = session.state === "lost" && (when === "before" || !session.expiresAt)
    if (when === "before" || isLost)
      this.session = session
    if (isLost)
      this.transcript.add("loss", { session, when })
  }

  /** @param {RunEvent} event */
  #end(event) {
    this.#showLimit(event.limit)
    this.state = event.state ?? "failed"
    this.usage = event.usage ?? null
    this.reason = event.reason ?? null
    this.queuePosition = null
    if (this.reason)
      this.transcript.add("reason", { sentence: this.reason, state: this.state })
    this.#takeSession(event.session, "now")
  }
}

/** @param {RunProgress} progress */
function isComplete(progress) {
  return typeof progress.total === "number" && progress.done >= progress.total
}
