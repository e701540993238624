import { bytes, setDuration } from "../ui/format.js"

/** @import { RunState, LimitReached } from "../contracts/runs.js" */

/** @type {Record<RunState, { word: string, tone: "waiting" | "live" | "good" | "bad" | "warned" | "neutral" }>} */
const states = {
  "queued": { word: "Queued", tone: "waiting" },
  "running": { word: "Running", tone: "live" },
  "succeeded": { word: "Succeeded", tone: "good" },
  "failed": { word: "Failed", tone: "bad" },
  "timed-out": { word: "Timed out", tone: "warned" },
  "memory-exceeded": { word: "Out of memory", tone: "warned" },
  "output-exceeded": { word: "Too much output", tone: "warned" },
  "cancelled": { word: "Stopped", tone: "neutral" },
  "crashed": { word: "Crashed", tone: "bad" },
  "refused": { word: "Refused", tone: "neutral" },
}

/** @param {RunState} state */
export function stateWord(state) {
  return states[state]?.word ?? state
}

/** @param {RunState} state */
export function stateTone(state) {
  return states[state]?.tone ?? "neutral"
}

/** @param {LimitReached} limit */
export function limitSentence({ name, value, used }) {
  if (/seconds$/i.test(name))
    return `The time limit of ${setDuration(value * 1000)} was reached; what was printed until then is above.`
  if (/milliseconds$/i.test(name))
    return `The time limit of ${setDuration(value)} was reached; what was printed until then is above.`
  if (/megabytes$/i.test(name))
    return `The heap limit of ${value} MB was reached: the program asked for more.`
  if (/outputbytes$/i.test(name))
    return `The output limit of ${bytes(value)} was reached; the program was stopped there.`
  if (/bytes$/i.test(name))
    return `The limit ${name} of ${bytes(value)} was reached.`
  return `The limit ${name} of ${value} was reached (${used} used).`
}
