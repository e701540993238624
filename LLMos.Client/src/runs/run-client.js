import { Follow } from "../connection/follow.js"

/** @import { Api } from "../connection/api.js" */
/** @import { Hub } from "../connection/hub.js" */
/** @import { StartRunRequest, RunSummary, RunRecord, RunEvent, RunList, LimitsAnswer, IsolationAnswer } from "../contracts/runs.js" */
/** @import { FollowDelegate } from "../connection/follow.js" */

/** What the page may ask of the server's runs. */
export class RunClient {
  /** @param {Api} api @param {Hub} hub */
  constructor(api, hub) {
    this.api = api
    this.hub = hub
  }

  /** @param {StartRunRequest} request @returns {Promise<RunSummary>} */
  start(request) {
    return this.api.post("/runs", request)
  }

  /** @param {string} id */
  cancel(id) {
    return this.api.post(`/runs/${id}/cancel`)
  }

  /** Raises KeyboardInterrupt in the program. @param {string} id */
  interrupt(id) {
    return this.api.post(`/runs/${id}/interrupt`)
  }

  /** @param {string} [before] a run's id @returns {Promise<RunList>} newest first */
  list(before) {
    return this.api.get(`/runs?limit=50${before ? `&before=${before}` : ""}`)
  }

  /** @param {string} id @returns {Promise<RunRecord>} */
  read(id) {
    return this.api.get(`/runs/${encodeURIComponent(id)}`)
  }

  /** @param {string} id */
  outputAddress(id) {
    return `/api/v1/runs/${id}/output`
  }

  /** @param {string} id @param {FollowDelegate<RunEvent>} delegate */
  follow(id, delegate) {
    return new Follow(this.hub, id, delegate)
  }

  /** @param {(run: RunSummary) => void} changed */
  onRunChanged(changed) {
    this.hub.on("runChanged", changed)
  }

  /** @returns {Promise<LimitsAnswer>} */
  limits() {
    return this.api.get("/limits")
  }

  /** @returns {Promise<IsolationAnswer>} */
  isolation() {
    return this.api.get("/system/isolation")
  }
}
