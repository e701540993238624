import { Usb } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"
import { LentPort } from "./lent-port.js"

/** @import { DeviceClient } from "./device-client.js" */
/** @import { LentIdentity, WebSerialPort } from "./lent-port.js" */

/** @typedef {{ requestPort(): Promise<WebSerialPort>, addEventListener(name: string, listener: (event: any) => void): void }} WebSerial */

const browserKey = "llmos.browser"

/** Shares serial devices of this computer with the server: which are shared, and why it is not possible here. */
export class Sharing {
  /** @type {{ port: LentPort, words: string, tone: string, release: () => void }[]} */
  #shared = []

  /** @param {DeviceClient} client @param {Storage} storage @param {{ shared(deviceId: string): void }} delegate */
  constructor(client, storage, delegate) {
    this.client = client
    this.storage = storage
    this.delegate = delegate
    this.serial = /** @type {WebSerial | undefined} */ (/** @type {any} */ (navigator).serial)
    this.list = element("ul", { class: "shared-rows" })
    this.button = element("button", { class: "button", type: "button", disabled: !this.serial, onclick: () => void this.#share() }, icon(Usb), "Share a USB device")
    this.element = element("section", { class: "sharing", "aria-label": "Sharing" }, this.list, this.button, !this.serial && element("p", { class: "device-note" }, whyNot()))
    this.serial?.addEventListener("disconnect", ({ target, port }) => void this.#shared.find((one) => one.port.port === (port ?? target))?.port.stop("it was unplugged"))
    addEventListener("beforeunload", (event) => this.#shared.length > 0 && event.preventDefault())
  }

  hubConnected() {
    this.#shared.forEach(({ port }) => void port.serve())
  }

  async #share() {
    try {
      const port = await /** @type {WebSerial} */ (this.serial).requestPort()
      await this.#lend(port)
    } catch (problem) {
      // Nobody needs to be told that they chose none.
      if (!(problem instanceof DOMException && problem.name === "NotFoundError"))
        toast(problem instanceof Error ? problem.message : String(problem), "error")
    }
  }

  /** @param {WebSerialPort} webPort */
  async #lend(webPort) {
    const [identity, release] = await this.#identify(webPort)
    const lent = new LentPort(webPort, identity, this.client, {
      lent: (id) => {
        this.#say(lent, "shared with everybody here", "good")
        this.delegate.shared(id)
      },
      away: () => this.#say(lent, "connection lost; it goes on when the server is back", "warned"),
      ended: (reason) => {
        release()
        this.#shared = this.#shared.filter(({ port }) => port !== lent)
        this.#draw()
        if (reason)
          toast(`${identity.name} is not shared any more: ${reason}.`.replace("..", "."), "error")
      },
    })
    this.#shared.push({ port: lent, words: "opening", tone: "neutral", release })
    this.#draw()
    try {
      await lent.open()
    } catch (problem) {
      release()
      this.#shared = this.#shared.filter(({ port }) => port !== lent)
      this.#draw()
      throw new Error(`The port could not be opened; another program may have it. ${problem instanceof Error ? problem.message : problem}`)
    }
    void lent.serve()
  }

  /**
   * The browser tells no serial number, so the n-th device of a kind in this browser is always the same. The lock says
   * which are taken, in the other tabs too, and keeps a tab in the background from being put to sleep.
   * @param {WebSerialPort} port @returns {Promise<[LentIdentity, () => void]>}
   */
  async #identify(port) {
    const { usbVendorId, usbProductId } = port.getInfo()
    const usb = usbVendorId === undefined ? null : `${hex(usbVendorId)}:${hex(usbProductId ?? 0)}`
    const browser = this.storage.getItem(browserKey) ?? crypto.randomUUID().slice(0, 8)
    this.storage.setItem(browserKey, browser)
    for (let number = 1; ; number += 1) {
      const key = `web-${browser}-${usb?.replace(":", "-") ?? "serial"}-${number}`
      const release = await lock(`llmos.${key}`)
      if (release)
        return [{ key, usb, name: `${usb ? `USB ${usb}` : "Serial port"}${number > 1 ? ` (${number})` : ""}` }, release]
    }
  }

  /** @param {LentPort} port @param {string} words @param {string} tone */
  #say(port, words, tone) {
    const row = this.#shared.find((one) => one.port === port)
    if (row)
      Object.assign(row, { words, tone })
    this.#draw()
  }

  #draw() {
    fill(this.list, ...this.#shared.map(({ port, words, tone }) => element("li", { class: "shared-row" },
      element("span", { class: `dot dot-${tone}` }), element("span", { class: "shared-words" }, element("strong", {}, port.identity.name), element("small", { role: "status" }, words)),
      element("button", { class: "button small", type: "button", onclick: () => void port.stop() }, "Stop sharing"))))
  }
}

function whyNot() {
  if (!isSecureContext)
    return "Browsers give serial devices only to pages that come over https, or from localhost. Over plain http, run “LLMos.Server bench” on your machine instead."
  return "This browser has no Web Serial; Chrome, Edge and Opera on a computer have. “LLMos.Server bench” on your machine does the same without a browser."
}

/** @param {number} id */
function hex(id) {
  return id.toString(16).padStart(4, "0")
}

/** @param {string} name @returns {Promise<(() => void) | null>} lets go of it; null when it is taken */
function lock(name) {
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (held) => {
      if (!held) {
        resolve(null)
        return undefined
      }
      return new Promise((release) => resolve(() => release(undefined)))
    })
  })
}
