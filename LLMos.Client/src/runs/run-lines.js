import { timeFrom } from "../connection/time.js"

/** @import { RunEvent, RunLines } from "../contracts/runs.js" */
/** @import { RunClient } from "./run-client.js" */

const mostRecent = 20

/** What runs print, line by line, for whatever is shown beside them. @param {RunClient} client @returns {RunLines} */
export function runLines(client) {
  return {
    recent: async () => (await client.list()).runs.slice(0, mostRecent),
    follow(id, taken, failed) {
      let stop = () => {}
      let stopped = false
      client.read(id).then(({ createdAt }) => {
        const reader = new RunLineReader(timeFrom(createdAt).getTime(), taken)
        const follow = client.follow(id, { lastSequence: () => reader.lastSequence, eventsArrived: (events) => reader.take(events), followFailed: failed })
        stop = () => follow.stop()
        if (!stopped)
          follow.start()
      }).catch(failed)
      return () => {
        stopped = true
        stop()
      }
    },
  }
}

/** Cuts the text of a run's events into lines, standard output and errors each for itself. */
export class RunLineReader {
  lastSequence = 0
  /** @type {Record<string, string>} */
  #open = { stdout: "", stderr: "" }

  /** @param {number} createdAt milliseconds since 1970 @param {(line: string, at: number) => void} taken */
  constructor(createdAt, taken) {
    this.createdAt = createdAt
    this.taken = taken
  }

  /** @param {RunEvent[]} events @returns {boolean} false when one is missing between */
  take(events) {
    for (const { sequence, type, text, atMilliseconds } of events) {
      if (sequence <= this.lastSequence)
        continue
      if (sequence > this.lastSequence + 1)
        return false
      this.lastSequence = sequence
      const at = this.createdAt + atMilliseconds
      if (type in this.#open && text) {
        const lines = (this.#open[type] + text).split("\n")
        this.#open[type] = lines.pop() ?? ""
        lines.forEach((line) => this.taken(line, at))
      } else if (type === "ended") {
        Object.values(this.#open).filter(Boolean).forEach((line) => this.taken(line, at))
      }
    }
    return true
  }
}
