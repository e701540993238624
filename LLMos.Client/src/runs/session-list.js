import { timeFrom } from "../connection/time.js"

/** @import { SessionSummary } from "../contracts/runs.js" */

/** @typedef {{ age: number, idle: number, left: number | null }} SessionTimes Milliseconds; `left` until it closes. */

/** The sessions the page knows. Their times are the server's, counted on by this browser's clock: the two need not agree. */
export class SessionList {
  /** @type {Map<string, { session: SessionSummary, at: number }>} */
  #known = new Map()
  /** When the closed ones were created. @type {Map<string, number>} */
  #closed = new Map()

  /** @param {SessionSummary} session @param {number} now */
  put(session, now) {
    const known = this.#known.get(session.name)?.session
    // A push and an answer may overtake each other: what was closed does not come back, and nothing gets younger.
    if (createdAt(session) <= (this.#closed.get(session.name) ?? -Infinity) || (known && isOlder(session, known)))
      return
    if (session.state === "closed") {
      this.#closed.set(session.name, createdAt(session))
      this.#known.delete(session.name)
    } else {
      this.#known.set(session.name, { session, at: now })
    }
  }

  /** A run has begun in it; the server pushes it again when that has ended. @param {string} name */
  enter(name) {
    const known = this.#known.get(name)
    if (known)
      known.session = { ...known.session, state: "running", expiresAt: null }
  }

  /** Takes a whole list, which tells nothing of what was pushed after it was asked for. @param {SessionSummary[]} sessions @param {number} askedAt @param {number} now */
  replace(sessions, askedAt, now) {
    const listed = new Set(sessions.map((session) => session.name))
    for (const [name, { at }] of this.#known) {
      if (at < askedAt && !listed.has(name))
        this.#known.delete(name)
    }
    sessions.forEach((session) => this.put(session, now))
  }

  /** @param {string | null} name */
  find(name) {
    return this.#known.get(name ?? "")?.session ?? null
  }

  /** Oldest first. */
  get all() {
    return [...this.#known.values()].map(({ session }) => session).sort((one, other) => createdAt(one) - createdAt(other))
  }

  /** @param {string} name of a known one @param {number} now @returns {SessionTimes} */
  times(name, now) {
    const { session, at } = /** @type {{ session: SessionSummary, at: number }} */ (this.#known.get(name))
    const age = session.ageSeconds * 1000 + now - at
    return {
      age,
      idle: session.state === "idle" ? session.idleSeconds * 1000 + now - at : 0,
      left: session.expiresAt ? Math.max(0, timeFrom(session.expiresAt).getTime() - createdAt(session) - age) : null,
    }
  }
}

/** @param {SessionSummary} session */
function createdAt(session) {
  return timeFrom(session.createdAt).getTime()
}

/** @param {SessionSummary} session @param {SessionSummary} known */
function isOlder(session, known) {
  return createdAt(session) < createdAt(known)
    || (createdAt(session) === createdAt(known) && session.ageSeconds < known.ageSeconds)
}
