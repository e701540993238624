import { Follow } from "../connection/follow.js"

/** @import { Api } from "../connection/api.js" */
/** @import { FollowDelegate } from "../connection/follow.js" */
/** @import { Hub, StreamReader } from "../connection/hub.js" */
/** @import { CommandAnswer, DeviceEvent, DeviceFindings, DeviceSettings, DeviceSummary, LeaseAnswer, LeaseRequest, LentPortDescription, Rfc2217Answer } from "../contracts/devices.js" */

/** What the page may ask of the server's devices. */
export class DeviceClient {
  /** @param {Api} api @param {Hub} hub */
  constructor(api, hub) {
    this.api = api
    this.hub = hub
  }

  /** @param {(device: DeviceSummary) => void} changed */
  onDeviceChanged(changed) {
    this.hub.on("deviceChanged", changed)
  }

  /** @returns {Promise<DeviceSummary[]>} */
  list() {
    return this.hub.ask("List")
  }

  /** @param {string} id @param {FollowDelegate<DeviceEvent>} delegate */
  follow(id, delegate) {
    return new Follow(this.hub, id, delegate)
  }

  /** @param {string} id @param {LeaseRequest} request @returns {Promise<LeaseAnswer>} */
  takeLease(id, request) {
    return this.hub.ask("TakeLease", id, request)
  }

  /** A stream of one lease, or of none when it did not come in time. @param {string} id @param {LeaseRequest} request @param {StreamReader} reader */
  waitForLease(id, request, reader) {
    return this.hub.stream("WaitForLease", [id, request], reader)
  }

  /** @param {string} id @param {string} leaseId @returns {Promise<LeaseAnswer>} */
  renewLease(id, leaseId) {
    return this.hub.ask("RenewLease", id, leaseId)
  }

  /** @param {string} id @param {string} leaseId */
  releaseLease(id, leaseId) {
    return this.hub.ask("ReleaseLease", id, leaseId)
  }

  /** Ends when the line has taken all. @param {string} id @param {string} leaseId @param {Uint8Array} data at most 64 KiB */
  write(id, leaseId, data) {
    return this.hub.ask("Write", id, leaseId, data)
  }

  /** @param {string} id @param {string} leaseId @param {DeviceSettings} settings */
  configure(id, leaseId, settings) {
    return this.hub.ask("Configure", id, leaseId, settings)
  }

  /** Null leaves a line as it is; both change at the same moment. @param {string} id @param {string} leaseId @param {{ dtr?: boolean | null, rts?: boolean | null, break?: boolean | null }} signals */
  signal(id, leaseId, signals) {
    return this.hub.ask("Signal", id, leaseId, signals.dtr ?? null, signals.rts ?? null, signals.break ?? null)
  }

  /** @param {string} id @param {string} leaseId @param {"run" | "bootloader"} mode */
  reset(id, leaseId, mode) {
    return this.hub.ask("Reset", id, leaseId, { mode, sequence: null })
  }

  /** @param {LentPortDescription} port @param {StreamReader} reader of orders */
  lend(port, reader) {
    return this.hub.exchange("Lend", [port], reader)
  }

  /** @param {string} id @param {string} leaseId @param {object} command @returns {Promise<CommandAnswer>} */
  command(id, leaseId, command) {
    return this.api.post(`${route(id)}/command`, { leaseId, command })
  }

  /** @param {string} id @param {string} leaseId @returns {Promise<Rfc2217Answer>} */
  openRfc2217(id, leaseId) {
    return this.api.post(`${route(id)}/rfc2217`, { leaseId })
  }

  /** @param {string} id @param {string} name @param {string[]} tags @returns {Promise<DeviceSummary>} */
  describe(id, name, tags) {
    return this.api.patch(route(id), { name, tags })
  }

  /** @param {string} id */
  remove(id) {
    return this.api.delete(route(id))
  }

  /** @param {string} id @param {string} pattern @param {number} after @returns {Promise<DeviceFindings>} */
  search(id, pattern, after) {
    return this.api.get(`${route(id)}/log/search?pattern=${encodeURIComponent(pattern)}&after=${after}`)
  }

  /** @param {string} id @param {"text" | "hex" | "cast" | "jsonl"} format */
  downloadAddress(id, format) {
    return `/api/v1${route(id)}/log/download?format=${format}`
  }
}

/** @param {string} id */
function route(id) {
  return `/devices/${encodeURIComponent(id)}`
}
