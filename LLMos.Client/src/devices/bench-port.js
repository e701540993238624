/** @import { DeviceSettings } from "../contracts/devices.js" */
/** @import { OpenDevice } from "./open-device.js" */

/**
 * A device of the server in the shape of Web Serial's SerialPort, as esptool-js wants one. Needs the lease of the device.
 * Unlike a browser's own it changes its speed without being closed, by `setBaudRate`, and both lines at the same moment.
 */
export class BenchPort {
  /** @type {ReadableStream<Uint8Array> | null} */
  readable = null
  /** @type {WritableStream<Uint8Array> | null} */
  writable = null
  /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
  #controller = null
  #stopReceiving = () => {}

  /** @param {OpenDevice} device @param {AbortSignal} signal ends it: what is written then is refused */
  constructor(device, signal) {
    this.device = device
    this.signal = signal
  }

  /** @param {{ baudRate: number }} options the rest stays as it is set */
  async open({ baudRate }) {
    await this.setBaudRate(baudRate)
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#controller = controller
        this.#stopReceiving = this.device.receive((event) => controller.enqueue(/** @type {Uint8Array} */ (event.data)))
      },
      cancel: () => this.#stopReceiving(),
    })
    this.writable = new WritableStream({
      write: (bytes) => {
        this.signal.throwIfAborted()
        return this.device.write(bytes)
      },
    })
  }

  async close() {
    this.#stopReceiving()
    if (!this.readable?.locked)
      await this.readable?.cancel()
    else
      this.#controller?.close()
    this.readable = this.writable = null
  }

  /** @param {number} baudRate */
  setBaudRate(baudRate) {
    /** @type {DeviceSettings} */
    const settings = { ...this.device.summary.settings, baudRate }
    return this.device.client.configure(this.device.id, this.device.lease.required, settings)
  }

  /** @param {{ dataTerminalReady?: boolean, requestToSend?: boolean, break?: boolean }} signals */
  setSignals({ dataTerminalReady, requestToSend, break: brk }) {
    this.signal.throwIfAborted()
    return this.device.client.signal(this.device.id, this.device.lease.required, { dtr: dataTerminalReady, rts: requestToSend, break: brk })
  }

  getInfo() {
    const usb = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(this.device.summary.usb ?? "")
    return usb ? { usbVendorId: Number.parseInt(usb[1], 16), usbProductId: Number.parseInt(usb[2], 16) } : {}
  }
}
