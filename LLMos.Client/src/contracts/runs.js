// Mirrors LLMos.Server/Runs/RunContracts.cs. MessagePack sends a missing value as null.

/** @import { SentTime } from "./time.js" */

/** @typedef {"queued" | "running"} LiveState */
/** @typedef {"succeeded" | "failed" | "timed-out" | "memory-exceeded" | "output-exceeded" | "cancelled" | "crashed" | "refused"} EndState */
/** @typedef {LiveState | EndState} RunState */
/** @typedef {Record<string, string>} MimeBundle Type to text; binary types as base64. */

/**
 * @typedef {object} StartRunRequest
 * @property {"python"} language
 * @property {string} [code] At most 1 MiB of UTF-8; missing: what the file of `path` has.
 * @property {string} [path] The file that runs, such as user/report.py; it need not be there.
 * @property {string} [workingFolder]
 * @property {string[]} [arguments]
 * @property {Record<string, string>} [environment]
 * @property {"keep" | "end"} [abandon]
 * @property {string} [stdin]
 * @property {number} [timeoutSeconds]
 * @property {number} [heapMegabytes]
 * @property {string} [session] Runs of one name share their variables; 1 to 64 of A-Z a-z 0-9 . _ -
 */

/**
 * @typedef {object} RunSummary
 * @property {string} id
 * @property {string} language
 * @property {RunState} state
 * @property {string} user
 * @property {string} title
 * @property {number | null} queuePosition 1 is next.
 * @property {SentTime} createdAt
 * @property {SentTime | null} startedAt
 * @property {SentTime | null} endedAt
 * @property {string | null} [session]
 */

/** @typedef {RunSummary & { code: string, lastSequence: number, files: ChangedFile[], filesOmitted: number }} RunRecord The part of a record that the page reads. */

/** @typedef {{ runs: RunSummary[] }} RunList */

/**
 * @typedef {object} RunError
 * @property {string} name
 * @property {string} message
 * @property {number | null} line From 1.
 * @property {string | null} lineText
 * @property {number | null} column From 1.
 * @property {string} traceback
 * @property {string | null} hint
 * @property {ErrorCause[] | null} causes Nearest first; null in records of earlier versions.
 */

/** @typedef {{ name: string, message: string, line: number | null, lineText: string | null, relation: "cause" | "handling" | "member" }} ErrorCause */

/** @typedef {{ path: string, change: "created" | "changed" | "removed" | "moved", bytes: number | null, version: number | null, from: string | null }} ChangedFile */

/** @typedef {{ name: string, value: number, used: number }} LimitReached Value and use in the unit of the name. */

/**
 * @typedef {object} RunUsage
 * @property {number} wallMilliseconds
 * @property {number} cpuMilliseconds
 * @property {number} peakHeapBytes
 * @property {number} queuedMilliseconds
 * @property {number} outputBytes
 */

/** @typedef {{ timeoutSeconds: number, heapMegabytes: number, outputBytes: number }} RunLimits */

/** @typedef {{ done: number, total?: number | null, label?: string | null }} RunProgress */

/**
 * - fresh: a new session
 * - kept: the variables of the runs before are there
 * - lost: they are not
 * @typedef {"none" | "fresh" | "kept" | "lost"} SessionState
 */

/** @typedef {{ reason: string, variables: { name: string, type: string }[], omitted: number }} SessionLoss */

/**
 * A run's session: what the run found in the event `started`, what is left of it in `ended`.
 * @typedef {object} RunSession
 * @property {string} name
 * @property {SessionState} state
 * @property {SentTime | null} expiresAt
 * @property {SessionLoss | null} loss
 */

/**
 * Which members are set follows from `type`; see RunEvent in RunContracts.cs.
 * @typedef {object} RunEvent
 * @property {number} sequence From 1, without gaps.
 * @property {"queued" | "started" | "stdout" | "stderr" | "display" | "progress" | "result" | "error" | "file" | "limit" | "ended"} type
 * @property {number} atMilliseconds Since the run was created.
 * @property {string | null} [text]
 * @property {MimeBundle | null} [data]
 * @property {RunProgress | null} [progress]
 * @property {RunError | null} [error]
 * @property {ChangedFile | null} [file]
 * @property {LimitReached | null} [limit]
 * @property {number | null} [queuePosition]
 * @property {RunLimits | null} [limits]
 * @property {RunState | null} [state]
 * @property {string | null} [reason]
 * @property {RunUsage | null} [usage]
 * @property {RunSession | null} [session]
 */

/**
 * @typedef {object} LimitsAnswer
 * @property {RunLimits} limits
 * @property {number} maxTimeoutSeconds
 * @property {number} maxHeapMegabytes
 * @property {number} maxCodeBytes
 * @property {number} maxStdinBytes
 * @property {string} pythonVersion
 * @property {number} maxSessions
 * @property {number} sessionIdleMinutes
 * @property {Record<string, string>} packages
 * @property {{ names: string[], hint: string }[]} missing
 * @property {{ error: string, message: string | null, module: string | null, line: string | null, hint: string }[]} errors
 */

/**
 * @typedef {object} SessionSummary
 * @property {string} name
 * @property {"idle" | "running" | "closed"} state
 * @property {SentTime} createdAt
 * @property {SentTime} lastUsedAt
 * @property {SentTime | null} expiresAt Null while it is in use.
 * @property {number} ageSeconds
 * @property {number} idleSeconds
 * @property {number} runs
 * @property {number} heapMegabytes What it may use.
 * @property {number | null} memoryBytes What it uses; null where it was not measured, as in what is pushed.
 * @property {number} variableCount
 */

/** @typedef {{ sessions: SessionSummary[], maxSessions: number, idleMinutes: number }} SessionsAnswer */

/** @typedef {{ name: string, type: string, shape: number[] | null, repr: string, bytes: number | null }} SessionVariable */

/** @typedef {{ name: string, variables: SessionVariable[], omitted: number }} VariablesAnswer The newest ones, as of the end of the last run. */

/** @typedef {{ name: string, held: boolean, required: boolean, detail: string }} IsolationLayer */

/** @typedef {{ name: string, layer: string, also: string[], held: boolean, seen: string }} AttackOutcome */

/** @typedef {{ at: string, version: string, attacks: number, held: number, broken: AttackOutcome[] }} AttackSummary */

/** @typedef {{ ready: boolean, reason: string | null, probedAt: string | null, layers: IsolationLayer[], lastAttack: AttackSummary | null }} IsolationAnswer */

/**
 * What is shown of runs elsewhere on the page; not of the server.
 * @typedef {object} RunLines
 * @property {() => Promise<{ id: string, title: string }[]>} recent
 * @property {(id: string, taken: (line: string, at: number) => void, failed: (problem: Error) => void) => () => void} follow at: milliseconds since 1970 by the server's clock
 */

export {}
