import { Plus, X } from "lucide"
import { openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { labelledSelect } from "../ui/form.js"
import { bytes, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { addressFrom, faultOf } from "./flash-plan.js"

/** @import { FlashPart } from "./flasher.js" */
/** @import { OpenDevice } from "./open-device.js" */

/** @typedef {(path: string) => Promise<Blob>} FileReading of a volume's file, such as user/app.bin */

const usualAddress = "0x10000"

/** Asks what to flash and does it, with its progress; closing it while it works stops the work. */
export class FlashDialog {
  /** @type {{ element: HTMLElement, path: HTMLInputElement, address: HTMLInputElement, file: File | null }[]} */
  #rows = []
  /** @type {AbortController | null} */
  #work = null

  /** @param {OpenDevice} device @param {FileReading} readFile */
  constructor(device, readFile) {
    this.device = device
    this.readFile = readFile
    this.list = element("div", { class: "flash-rows" })
    this.speed = labelledSelect("Speed", ["115200", "230400", "460800", "921600"].map((value) => [value, `${value} baud`]), "921600")
    this.erase = element("input", { type: "checkbox" })
    this.state = element("p", { class: "flash-state", role: "status", hidden: true })
    this.bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Flashed" })
    this.log = element("pre", { class: "command-reply flash-log", hidden: true, tabindex: 0, "aria-label": "What the flasher says" })
    this.failure = element("p", { class: "form-failure", role: "alert", hidden: true })
    this.start = element("button", { class: "button primary", type: "submit" }, "Flash")
    this.stop = element("button", { class: "button", type: "button", hidden: true, onclick: () => this.#work?.abort(new Error("It was stopped. What is on the chip now is not whole: flash it again.")) }, "Stop")
    const form = element("form", { class: "form", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void this.#flash()) },
      this.list, element("button", { class: "button small", type: "button", onclick: () => this.#add("") }, icon(Plus), "Another file"),
      element("div", { class: "form-row" }, this.speed.element, element("label", { class: "flash-erase" }, this.erase, "Erase all of it first")),
      this.failure, this.state, this.bar, this.log, element("div", { class: "dialog-deeds" }, this.stop, this.start))
    this.#add(usualAddress)
    this.dialog = openDialog(`Flash ${visible(device.summary.name)}`, "Others see that it is flashed. It is reset into its loader, written, compared by MD5 and started again; the terminal waits meanwhile.", form)
    this.dialog.addEventListener("close", () => this.#work?.abort(new Error("It was stopped.")))
  }

  /** @param {string} address */
  #add(address) {
    const number = this.#rows.length + 1
    const path = element("input", { class: "field mono", type: "text", required: true, placeholder: "user/firmware.bin", "aria-label": `File ${number}`, autocomplete: "off", spellcheck: "false" })
    const at = element("input", { class: "field mono flash-address", type: "text", required: true, value: address, placeholder: usualAddress, "aria-label": `Address of file ${number}`, autocomplete: "off", spellcheck: "false" })
    const chosen = element("input", { type: "file", accept: ".bin,application/octet-stream", hidden: true, "aria-label": `File ${number} of this computer` })
    const row = {
      path, address: at, file: /** @type {File | null} */ (null),
      element: element("div", { class: "flash-row" }, path, chosen, element("button", { class: "button", type: "button", onclick: () => chosen.click() }, "Computer…"), at,
        number > 1 && element("button", { class: "button quiet square", type: "button", "aria-label": `Without file ${number}`, onclick: () => this.#remove(row) }, icon(X))),
    }
    chosen.onchange = () => {
      row.file = chosen.files?.[0] ?? null
      path.value = row.file ? row.file.name : ""
      path.readOnly = row.file !== null
    }
    path.onclick = () => {
      row.file = null
      path.readOnly = false
    }
    this.#rows.push(row)
    fill(this.list, ...this.#rows.map(({ element: one }) => one))
  }

  /** @param {{ element: HTMLElement }} row */
  #remove(row) {
    this.#rows = this.#rows.filter((one) => one !== row)
    row.element.remove()
  }

  async #flash() {
    const work = new AbortController()
    this.failure.hidden = true
    this.#working(work)
    try {
      const parts = await this.#parts()
      const fault = faultOf(parts)
      if (fault)
        throw new Error(fault)
      await this.#flashAndStart(parts, work.signal)
      this.#say(`Flashed and verified: ${bytes(parts.reduce((sum, { data }) => sum + data.length, 0))}. The board has started again.`)
    } catch (problem) {
      const reason = work.signal.aborted ? work.signal.reason : problem
      this.failure.hidden = false
      this.failure.textContent = reason instanceof Error ? reason.message : String(reason)
      this.#say("")
    } finally {
      this.#working(null)
    }
  }

  /** @param {FlashPart[]} parts @param {AbortSignal} signal */
  async #flashAndStart(parts, signal) {
    const { device } = this
    const [hadLease, { settings }] = [device.lease.id !== null, device.summary]
    // The lease of before gives way to one of another kind; nobody comes between.
    await device.lease.take({ mode: "flash", takeOver: hadLease, reason: "flashing" })
    try {
      const { flash } = await import("./flasher.js")
      await flash(device, { parts, baudRate: Number(this.speed.select.value), eraseAll: this.erase.checked }, {
        step: (words) => this.log.append(`${words}\n`),
        progress: (part, share) => {
          this.bar.value = share
          this.#say(`Writing ${visible(part.name)}: ${Math.round(share * 100)} %`)
        },
      }, signal)
    } finally {
      if (device.lease.id !== null) {
        try {
          // The speed of before comes first: what the board says at once would else be rubbish.
          await device.client.configure(device.id, device.lease.required, settings)
          await device.client.reset(device.id, device.lease.required, "run")
        } catch {
          // It cannot be reached: what failed before says why.
        }
        await (hadLease ? device.lease.take({ takeOver: true }) : device.lease.giveBack())
      }
    }
  }

  /** @returns {Promise<FlashPart[]>} */
  async #parts() {
    return Promise.all(this.#rows.map(async ({ path, address, file }) => {
      const at = addressFrom(address.value)
      if (at === null)
        throw new Error(`${address.value || "Nothing"} is no address: write it as 0x10000.`)
      const content = file ?? await this.readFile(path.value.trim())
      return { name: path.value, address: at, data: new Uint8Array(await content.arrayBuffer()) }
    }))
  }

  /** @param {AbortController | null} work */
  #working(work) {
    this.#work = work
    this.dialog.toggleAttribute("data-busy", work !== null)
    this.start.hidden = work !== null
    this.bar.hidden = work === null
    this.stop.hidden = work === null
    for (const field of this.dialog.querySelectorAll("input, select"))
      field.toggleAttribute("disabled", work !== null)
    if (work) {
      this.log.hidden = false
      this.log.textContent = ""
      this.bar.value = 0
      this.#say("Connecting…")
    }
  }

  /** @param {string} words */
  #say(words) {
    this.state.hidden = words === ""
    this.state.textContent = words
  }
}
