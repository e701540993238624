import { SessionList } from "./session-list.js"

/** @import { RunSummary } from "../contracts/runs.js" */
/** @import { SessionChoice } from "./session-choice.js" */
/** @import { SessionClient } from "./session-client.js" */

/** One's sessions as the server tells them, and which of them the next run goes to. */
export class Sessions {
  list = new SessionList()
  /** Null until the first answer. @type {{ maxSessions: number, idleMinutes: number } | null} */
  bounds = null
  /** Why the list could not be read. @type {string | null} */
  failure = null
  /** @type {(() => void)[]} */
  #watchers = []

  /** @param {SessionClient} client @param {SessionChoice} choice */
  constructor(client, choice) {
    this.client = client
    this.choice = choice
    client.onSessionChanged((session) => {
      this.list.put(session, Date.now())
      this.#tell()
    })
  }

  /** The chosen one as the server knows it; null when none is chosen or it has not begun. */
  get chosen() {
    return this.list.find(this.choice.name)
  }

  /** @param {() => void} changed */
  watch(changed) {
    this.#watchers.push(changed)
  }

  /** Reads the list; a failure is kept for those who show it. */
  async refresh() {
    const askedAt = Date.now()
    try {
      const { sessions, ...bounds } = await this.client.list()
      this.list.replace(sessions, askedAt, Date.now())
      this.bounds = bounds
      this.failure = null
    } catch (problem) {
      this.failure = problem instanceof Error ? problem.message : String(problem)
    }
    this.#tell()
  }

  /** @param {RunSummary | null} run */
  runChanged(run) {
    if (!run?.session || run.state !== "running")
      return
    this.list.enter(run.session)
    this.#tell()
  }

  /** @param {string | null} name */
  choose(name) {
    this.choice.choose(name)
    this.#tell()
  }

  /** @param {string} name */
  async close(name) {
    await this.client.close(name)
    await this.refresh()
  }

  #tell() {
    this.#watchers.forEach((changed) => changed())
  }
}
