import { Usb } from "lucide"
import { element, fill } from "../ui/element.js"
import { count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { safeName } from "../ui/safe-name.js"
import { stateTone, stateWord } from "./device-words.js"

/** @import { DeviceSummary } from "../contracts/devices.js" */

/** The devices of the server, one of which is shown beside. */
export class DeviceList {
  /** @param {string} own the person's name @param {HTMLElement} sharing what lies below the list */
  constructor(own, sharing) {
    this.own = own
    this.rows = element("ul", { class: "device-rows" })
    this.element = element("nav", { class: "panel device-list", "aria-label": "Devices" },
      element("header", { class: "panel-header" }, element("h2", { class: "panel-title" }, "Devices")),
      element("div", { class: "device-scroller" }, this.rows), sharing)
  }

  /** @param {DeviceSummary[]} devices @param {string} chosen id */
  show(devices, chosen) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.device
    fill(this.rows, ...devices.map((device) => element("li", {}, this.#row(device, device.id === chosen))),
      devices.length === 0 && element("li", { class: "history-empty" }, icon(Usb), "No device is allowed here yet. An administrator names ports in the server's configuration."))
    if (focused)
      /** @type {HTMLElement | null} */ (this.rows.querySelector(`[data-device="${CSS.escape(focused)}"]`))?.focus()
  }

  /** @param {DeviceSummary} device @param {boolean} isChosen */
  #row(device, isChosen) {
    return element("a", { class: "device-row", href: `#device=${encodeURIComponent(device.id)}`, "data-device": device.id, "aria-current": isChosen && "true" },
      element("span", { class: `dot dot-${stateTone(device)}` }),
      element("span", { class: "device-name" }, safeName(device.name)),
      element("span", { class: "device-meta" },
        element("span", {}, stateWord(device, this.own)),
        device.waiting.length > 0 && element("span", {}, count(device.waiting.length, "person waits", "people wait"))),
      device.tags.length > 0 && element("span", { class: "device-tags" }, ...device.tags.map((tag) => element("span", { class: "device-tag" }, safeName(tag)))))
  }
}
