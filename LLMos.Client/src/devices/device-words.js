/** @import { DeviceSettings, DeviceSummary } from "../contracts/devices.js" */

/** @param {DeviceSummary} device */
export function stateTone({ state, lease }) {
  if (state !== "ready")
    return state === "away" ? "warned" : "neutral"
  return lease?.mode === "flash" ? "warned" : lease ? "live" : "good"
}

/** @param {DeviceSummary} device @param {string} own who looks at it */
export function stateWord({ state, lease }, own) {
  if (state === "absent")
    return "Not connected"
  if (state === "away")
    return "Lender is away"
  if (state === "removed")
    return "Removed"
  if (!lease)
    return "Free"
  return `${lease.holder === own ? "You are" : `${lease.holder} is`} ${lease.mode === "flash" ? "flashing" : "using"} it`
}

/** What a device is, in a few words. @param {DeviceSummary} device @returns {string[]} */
export function deviceFacts({ kind, port, lender, usb, settings }) {
  const what = kind === "virtual" ? "made of code" : kind === "lent" ? `lent by ${lender}` : port ?? "a port of the server"
  return [what, usb && `USB ${usb}`, settingsWord(settings)].filter((fact) => typeof fact === "string")
}

/** "115200 8N1". @param {DeviceSettings} settings */
export function settingsWord({ baudRate, dataBits, parity, stopBits, flowControl }) {
  return `${baudRate} ${dataBits}${parity[0].toUpperCase()}${stopBits}${flowControl === "none" ? "" : ` ${flowControl.toUpperCase()}`}`
}

/** @param {string} holder such as "anna, run 01J…" @returns {string | null} the run's id */
export function runOf(holder) {
  return /, run (\w+)$/.exec(holder)?.[1] ?? null
}
