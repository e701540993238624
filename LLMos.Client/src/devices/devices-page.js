import { element } from "../ui/element.js"
import { toast } from "../ui/toast.js"
import { DeviceList } from "./device-list.js"
import { DevicePanel } from "./device-panel.js"
import { OpenDevice } from "./open-device.js"
import { Sharing } from "./sharing.js"

/** @import { DeviceSummary } from "../contracts/devices.js" */
/** @import { RunLines } from "../contracts/runs.js" */
/** @import { DeviceClient } from "./device-client.js" */
/** @import { Person } from "./lease-bar.js" */

/** All devices of the server, and one of them in full. */
export class DevicesPage {
  /** @type {Map<string, DeviceSummary>} */
  #devices = new Map()
  /** @type {Map<string, OpenDevice>} */
  #open = new Map()
  #chosen = ""

  /** @param {DeviceClient} client @param {Person} person @param {RunLines | null} runs @param {(path: string) => Promise<Blob>} readFile of a volume @param {Storage} storage */
  constructor(client, person, runs, readFile, storage) {
    this.client = client
    this.person = person
    this.sharing = new Sharing(client, storage, { shared: (id) => this.#chosen === "" && this.#address(id) })
    this.list = new DeviceList(person.user, person.role === "viewer" ? element("span", {}) : this.sharing.element)
    this.panel = new DevicePanel(person, runs, readFile, storage)
    this.element = element("main", { class: "bench", hidden: true }, this.list.element, this.panel.element)
    client.onDeviceChanged((device) => this.#changed(device))
  }

  async hubConnected() {
    try {
      const devices = await this.client.list()
      this.#devices = new Map(devices.map((device) => [device.id, device]))
      devices.forEach((device) => this.#open.get(device.id)?.changed(device))
    } catch (problem) {
      tell(problem)
    }
    for (const device of this.#open.values())
      void device.lease.check()
    this.#open.get(this.#chosen)?.follow.resume()
    this.sharing.hubConnected()
    this.#draw()
    if (!this.element.hidden)
      this.choose(this.#chosen)
  }

  /** @param {string} id "" for the first */
  choose(id) {
    const wanted = id === "" ? this.#sorted[0]?.id ?? "" : id
    const summary = this.#devices.get(wanted)
    if (id !== "" && !summary && this.#devices.size > 0)
      toast("This device is not here (any more).", "error")
    if (!summary) {
      this.#chosen = this.#devices.size > 0 ? "" : id
      return
    }
    if (this.#chosen === wanted && this.#open.has(wanted))
      return
    this.#open.get(this.#chosen)?.follow.stop()
    this.#chosen = wanted
    const device = this.#open.get(wanted) ?? this.#opened(summary)
    this.#draw()
    void this.panel.show(device).then(() => this.#chosen === wanted && device.follow.start(), tell)
  }

  get #sorted() {
    return [...this.#devices.values()].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }))
  }

  /** @param {DeviceSummary} summary */
  #opened(summary) {
    const device = new OpenDevice(this.client, summary, {
      eventsArrived: (events) => this.panel.eventsArrived(device, events),
      lineArrived: (line, at) => this.panel.lineArrived(device, line, at),
      leaseChanged: () => this.panel.refresh(),
      leaseLost: () => {
        const holder = device.summary.lease?.holder
        toast(holder ? `${holder} has ${device.summary.name} now; what you type does not reach it any more.` : `Your time with ${device.summary.name} is over. Take it again to write.`, "error")
      },
      failed: tell,
    })
    this.#open.set(summary.id, device)
    return device
  }

  /** @param {DeviceSummary} device */
  #changed(device) {
    this.#open.get(device.id)?.changed(device)
    if (device.state === "removed")
      this.#forget(device.id)
    else
      this.#devices.set(device.id, device)
    this.#draw()
    this.panel.refresh()
  }

  /** @param {string} id */
  #forget(id) {
    this.#devices.delete(id)
    this.#open.get(id)?.follow.stop()
    this.#open.delete(id)
    if (this.#chosen !== id)
      return
    this.#chosen = ""
    void this.panel.show(null)
    this.#address("")
  }

  /** @param {string} id */
  #address(id) {
    if (!this.element.hidden)
      location.hash = id === "" ? "#devices" : `#device=${encodeURIComponent(id)}`
  }

  #draw() {
    this.list.show(this.#sorted, this.#chosen)
  }
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}
