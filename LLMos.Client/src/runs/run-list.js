import { timeFrom } from "../connection/time.js"

/** @import { RunSummary } from "../contracts/runs.js" */

/** The runs the page knows, newest first. */
export class RunList {
  /** @type {Map<string, RunSummary>} */
  #runs = new Map()

  /** @param {RunSummary} run */
  put(run) {
    const known = this.#runs.get(run.id)
    // A push and an answer may overtake each other: what has ended does not begin again.
    if (known?.endedAt && !run.endedAt)
      return
    this.#runs.set(run.id, run)
  }

  /** @param {string} id */
  find(id) {
    return this.#runs.get(id) ?? null
  }

  get all() {
    return [...this.#runs.values()].sort((one, other) =>
      timeOf(other).getTime() - timeOf(one).getTime() || (other.id < one.id ? -1 : 1))
  }

  get oldest() {
    return this.all.at(-1) ?? null
  }

  get anyLive() {
    return this.all.some(isLive)
  }

  /** Runs under headings. @param {(run: RunSummary) => string} headingOf @returns {[string, RunSummary[]][]} */
  grouped(headingOf) {
    /** @type {Map<string, RunSummary[]>} */
    const groups = new Map()
    for (const run of this.all) {
      const heading = headingOf(run)
      groups.set(heading, [...groups.get(heading) ?? [], run])
    }
    return [...groups]
  }
}

/** @param {RunSummary} run */
export function isLive(run) {
  return run.state === "queued" || run.state === "running"
}

/** @param {RunSummary} run */
export function timeOf(run) {
  return timeFrom(run.createdAt)
}

/** Milliseconds that the program ran, so far or in all; null before its start. @param {RunSummary} run @param {number} now */
export function runningTime(run, now) {
  if (!run.startedAt)
    return null
  const end = run.endedAt ? timeFrom(run.endedAt).getTime() : now
  return Math.max(0, end - timeFrom(run.startedAt).getTime())
}
