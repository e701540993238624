import { ESPLoader, Transport } from "esptool-js"
import SparkMD5 from "spark-md5"
import { BenchPort } from "./bench-port.js"

/** @import { OpenDevice } from "./open-device.js" */

/** @typedef {{ name: string, address: number, data: Uint8Array }} FlashPart */
/** @typedef {{ parts: FlashPart[], baudRate: number, eraseAll: boolean }} FlashPlan */
/** @typedef {{ step(words: string): void, progress(part: FlashPart, share: number): void }} FlashReport share: 0 to 1 of what is sent */

const romBaudRate = 115_200

/**
 * Writes to a chip's flash through the bench and compares what is there by its MD5; then starts the chip anew.
 * @param {OpenDevice} device of which the caller has the lease, in flash mode @param {FlashPlan} plan @param {FlashReport} report @param {AbortSignal} signal
 */
export async function flash(device, { parts, baudRate, eraseAll }, report, signal) {
  const transport = new Transport(/** @type {any} */ (new BenchPort(device, signal)))
  // What esptool-js has to say is told to whoever flashes, not to the browser's console.
  transport.trace = () => {}
  const loader = new ESPLoader({
    transport, baudrate: baudRate, romBaudrate: romBaudRate,
    terminal: { clean: () => {}, write: () => {}, writeLine: (/** @type {string} */ line) => report.step(line) },
  })
  try {
    await loader.main()
    await loader.writeFlash({
      fileArray: parts.map(({ data, address }) => ({ data, address })), flashMode: "keep", flashFreq: "keep", flashSize: "keep", eraseAll, compress: true,
      reportProgress: (index, written, total) => report.progress(parts[index], total === 0 ? 1 : written / total),
      calculateMD5Hash: (image) => SparkMD5.ArrayBuffer.hash(/** @type {ArrayBuffer} */ (image.slice().buffer)),
    })
  } finally {
    await transport.disconnect().catch(() => {
      // The failure that led here says more.
    })
  }
}
