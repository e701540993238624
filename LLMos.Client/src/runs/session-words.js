import { bytes, count, countdown, portion, roughly } from "../ui/format.js"

/** @import { SessionSummary, SessionState } from "../contracts/runs.js" */
/** @import { SessionTimes } from "./session-list.js" */

/** Beside a run's state. @type {Record<SessionState, { word: string, about: string }>} */
const marks = {
  none: { word: "", about: "The run has not begun." },
  fresh: { word: "fresh", about: "It began with this run." },
  kept: { word: "kept", about: "This run found the variables of the runs before." },
  lost: { word: "lost", about: "Its variables were lost." },
}

/** @param {SessionState} state */
export function sessionMark(state) {
  return marks[state] ?? marks.none
}

/** @param {string} name @param {SessionSummary | null} session */
export function sessionStanding(name, session) {
  if (!session)
    return `${name} begins empty with the next run`
  if (session.state === "running")
    return `${name} is running`
  return `${name}: ${count(session.variableCount, "variable")} kept`
}

/** @param {SessionSummary} session @param {SessionTimes} times @returns {string[]} */
export function sessionFacts(session, { age, idle, left }) {
  return /** @type {string[]} */ ([
    session.memoryBytes === null ? null : portion(bytes(session.memoryBytes), `${session.heapMegabytes} MB`),
    count(session.runs, "run"),
    `${roughly(age)} old`,
    idle >= 60_000 && `idle ${roughly(idle)}`,
    left !== null && `closes in ${countdown(left)}`,
  ].filter(Boolean))
}
