/** @import { Api } from "../connection/api.js" */
/** @import { Hub } from "../connection/hub.js" */
/** @import { SessionsAnswer, SessionSummary, VariablesAnswer } from "../contracts/runs.js" */

/** What the page may ask of one's sessions. */
export class SessionClient {
  /** @param {Api} api @param {Hub} hub */
  constructor(api, hub) {
    this.api = api
    this.hub = hub
  }

  /** @returns {Promise<SessionsAnswer>} */
  list() {
    return this.api.get("/sessions")
  }

  /** As of the end of its last run. @param {string} name @returns {Promise<VariablesAnswer>} */
  variables(name) {
    return this.api.get(`/sessions/${encodeURIComponent(name)}/variables`)
  }

  /** Ends it with its variables; a run in it is stopped. @param {string} name */
  close(name) {
    return this.api.delete(`/sessions/${encodeURIComponent(name)}`)
  }

  /** @param {(session: SessionSummary) => void} changed */
  onSessionChanged(changed) {
    this.hub.on("sessionChanged", changed)
  }
}
