import { Copy } from "lucide"
import { copyText } from "../ui/copy-text.js"
import { openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { labelledInput, labelledSelect, sentForm } from "../ui/form.js"
import { exactClock, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"

/** @import { DeviceFindings, DeviceSettings } from "../contracts/devices.js" */
/** @import { OpenDevice } from "./open-device.js" */

const usualSpeeds = [9600, 74_880, 115_200, 230_400, 460_800, 921_600, 1_500_000, 2_000_000, 3_000_000]

// For links with a long way: esptool's own patience is a tenth of a second.
const esptoolSettings = "[esptool]\nsync_timeout = 1\nmem_end_rom_timeout = 1.5\ntimeout = 8\n"

/** @param {OpenDevice} device */
export function openSettings(device) {
  const { settings } = device.summary
  const speeds = element("datalist", { id: "usual-speeds" }, ...usualSpeeds.map((speed) => element("option", { value: speed })))
  const speed = labelledInput("Baud rate", { type: "number", min: 50, max: 6_000_000, value: settings.baudRate, list: "usual-speeds" }, "74880 is what the ROM of some chips speaks.")
  const bits = labelledSelect("Data bits", ["8", "7", "6", "5"].map((value) => [value, value]), String(settings.dataBits))
  const parity = labelledSelect("Parity", [["none", "None"], ["even", "Even"], ["odd", "Odd"], ["mark", "Mark"], ["space", "Space"]], settings.parity)
  const stop = labelledSelect("Stop bits", ["1", "1.5", "2"].map((value) => [value, value]), settings.stopBits)
  const flow = labelledSelect("Flow control", [["none", "None"], ["rts-cts", "RTS and CTS"], ["xon-xoff", "XON and XOFF"]], settings.flowControl)
  const dialog = openDialog(`Settings of ${visible(device.summary.name)}`, "For everybody, until somebody changes them.",
    sentForm("Apply", [speed.element, speeds, element("div", { class: "form-row" }, bits.element, parity.element), element("div", { class: "form-row" }, stop.element, flow.element)], async () => {
      const wanted = { baudRate: Number(speed.input.value), dataBits: Number(bits.select.value), parity: parity.select.value, stopBits: stop.select.value, flowControl: flow.select.value }
      await device.client.configure(device.id, device.lease.required, /** @type {DeviceSettings} */ (wanted))
      dialog.close()
    }))
}

/** @param {OpenDevice} device */
export function openSignals(device) {
  const choices = /** @type {[string, string][]} */ ([["", "Leave"], ["on", "Asserted"], ["off", "Not asserted"]])
  const dtr = labelledSelect("DTR", choices)
  const rts = labelledSelect("RTS", choices)
  const brk = labelledSelect("Break", choices)
  openDialog("Signals", "DTR and RTS change at the same moment. On most boards RTS alone holds the chip in reset, and DTR alone pulls pin 0 down.",
    sentForm("Set", [element("div", { class: "form-row" }, dtr.element, rts.element, brk.element)], () =>
      device.client.signal(device.id, device.lease.required, { dtr: asked(dtr.select), rts: asked(rts.select), break: asked(brk.select) })))
}

/** @param {OpenDevice} device */
export async function openTools(device) {
  const { url, commands } = await device.client.openRfc2217(device.id, device.lease.required)
  openDialog("Use it with other tools", "Open for as long as you have the device, at an address of the server's own machine. From elsewhere, forward the port by ssh first.",
    copied("Address", url), ...commands.map((command) => copied("Command", command)),
    element("p", { class: "hint" }, "Over a slow network, keep this as esptool.cfg beside where you call esptool:"),
    copied("esptool.cfg", esptoolSettings))
}

/** @param {OpenDevice} device */
export function openDescription(device) {
  const name = labelledInput("Name", { value: device.summary.name, maxlength: 64, autocomplete: "off", dir: "auto" })
  const tags = labelledInput("Tags", { value: device.summary.tags.join(", "), required: false, autocomplete: "off", dir: "auto" }, "Up to 16, with commas between.")
  const dialog = openDialog("Name and tags", `The device is ${device.id} for good; this is what people call it.`, sentForm("Save", [name.element, tags.element], async () => {
    await device.client.describe(device.id, name.input.value, tags.input.value.split(",").map((tag) => tag.trim()).filter(Boolean))
    dialog.close()
  }))
}

/** @param {OpenDevice} device */
export function openSearch(device) {
  const pattern = labelledInput("Regular expression", { autocomplete: "off", spellcheck: "false", class: "field mono", placeholder: "Guru Meditation|rst:0x" })
  const words = element("p", { class: "hint", role: "status" })
  const found = element("ol", { class: "log-findings" })
  const more = element("button", { class: "button small", type: "button", hidden: true }, "Search on")
  /** @param {number} after */
  const search = async (after) => {
    /** @type {DeviceFindings} */
    const { findings, next, more: goesOn } = await device.client.search(device.id, pattern.input.value, after)
    if (after === 0)
      fill(found)
    found.append(...findings.map(({ at, line }) => element("li", {}, element("time", {}, `${new Date(at).toLocaleDateString()} ${exactClock(new Date(at))}`), element("bdi", {}, visible(line)))))
    words.textContent = found.childElementCount === 0 && !goesOn ? "Nothing found in what is kept." : ""
    more.hidden = !goesOn
    more.onclick = () => void search(next).catch((problem) => toast(problem.message, "error"))
  }
  openDialog("Search the log", "All that is kept of this device, not only what is on the screen.", sentForm("Search", [pattern.element], () => search(0)), words, found, more)
  pattern.input.focus()
}

/** @param {string} label @param {string} text */
function copied(label, text) {
  return element("div", { class: "copied" }, element("pre", { class: "mono", "aria-label": label, tabindex: 0 }, text),
    element("button", { class: "button quiet square", type: "button", title: "Copy", "aria-label": `Copy ${label}`, onclick: async () => toast(await copyText(text) ? "Copied." : "The browser did not copy it.") }, icon(Copy)))
}

/** @param {HTMLSelectElement} select */
function asked({ value }) {
  return value === "" ? null : value === "on"
}
