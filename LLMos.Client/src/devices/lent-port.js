import { ReceivedRing } from "./received-ring.js"

/** @import { DeviceClient } from "./device-client.js" */
/** @import { DeviceSettings, LentReport, LineOrder } from "../contracts/devices.js" */

/**
 * What is used of Web Serial's SerialPort.
 * @typedef {object} WebSerialPort
 * @property {ReadableStream<Uint8Array> | null} readable
 * @property {WritableStream<Uint8Array> | null} writable
 * @property {(options: object) => Promise<void>} open
 * @property {() => Promise<void>} close
 * @property {(signals: { dataTerminalReady?: boolean, requestToSend?: boolean, break?: boolean }) => Promise<void>} setSignals
 * @property {() => { usbVendorId?: number, usbProductId?: number }} getInfo
 */
/** @typedef {{ key: string, name: string, usb: string | null }} LentIdentity */
/** @typedef {{ lent(deviceId: string): void, away(): void, ended(reason: string | null): void }} LentPortDelegate ended: null when it was stopped here */

// Six minutes at 115,200 baud: so long a connection may be lost.
const keptBytes = 4 * 1024 * 1024
const mostReport = 32 * 1024
/** @type {DeviceSettings} */
const firstSettings = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: "1", flowControl: "none" }

/** A serial port of this computer that the browser gave, lent to the server until it is stopped or pulled out. */
export class LentPort {
  #epoch = crypto.randomUUID().slice(0, 16)
  #received = new ReceivedRing(keptBytes)
  #next = 0
  /** Never sent from here on, to nobody. */
  #sent = 0
  #done = 0
  /** @type {{ send(report: LentReport): void, end(): void } | null} */
  #call = null
  #isLent = false
  #isOver = false
  /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
  #reader = null
  #reading = Promise.resolve()
  #isReopening = false
  /** Orders are carried out one after the other, those of a former connection too. */
  #orders = Promise.resolve()
  #settings = firstSettings
  #signals = { dataTerminalReady: false, requestToSend: false }

  /** @param {WebSerialPort} port @param {LentIdentity} identity @param {DeviceClient} client @param {LentPortDelegate} delegate */
  constructor(port, identity, client, delegate) {
    this.port = port
    this.identity = identity
    this.client = client
    this.delegate = delegate
  }

  async open() {
    await this.port.open(optionsOf(this.#settings))
    this.#reading = this.#read()
  }

  /** Begins, or goes on where it was; call it when the hub has connected. */
  async serve() {
    // An order of the lost connection is told to be done first: it would else be given, and done, again.
    await this.#orders
    if (this.#isOver || this.#call)
      return
    this.#isLent = false
    const call = this.client.lend({ ...this.identity, epoch: this.#epoch, done: this.#done, offset: this.#received.first, sent: this.#sent }, {
      next: (/** @type {LineOrder} */ order) => this.#ordered(order, call),
      complete: () => this.#callEnded(call, null),
      error: (problem) => this.#callEnded(call, problem),
    })
    this.#call = call
  }

  /** @param {string} [reason] */
  async stop(reason) {
    if (this.#isOver)
      return
    this.#isOver = true
    this.#report({ kind: "gone", error: reason ?? "its lender has taken it back" })
    this.#call?.end()
    this.#call = null
    await this.#closePort().catch(() => {
      // It was pulled out: there is nothing to close.
    })
    this.delegate.ended(reason ?? null)
  }

  async #read() {
    try {
      const reader = /** @type {ReadableStream<Uint8Array>} */ (this.port.readable).getReader()
      this.#reader = reader
      for (;;) {
        const { value, done } = await reader.read()
        if (done)
          break
        this.#received.add(value)
        this.#tellReceived()
      }
      reader.releaseLock()
    } catch (error) {
      // A framing error leaves the port open: Web Serial then has another stream.
      if (this.port.readable && !this.#isOver) {
        this.#reading = this.#read()
        return
      }
      if (!this.#isReopening)
        void this.stop(error instanceof Error ? error.message : String(error))
    }
  }

  #tellReceived() {
    while (this.#isLent) {
      const { offset, data } = this.#received.read(this.#next, mostReport)
      if (data.length === 0)
        return
      this.#next = offset + data.length
      this.#sent = Math.max(this.#sent, this.#next)
      this.#report({ kind: "received", offset, data })
    }
  }

  /** @param {Partial<LentReport> & Pick<LentReport, "kind">} report */
  #report(report) {
    this.#call?.send({ offset: 0, data: null, number: 0, error: null, ...report })
  }

  /** @param {LineOrder} order @param {unknown} call */
  #ordered(order, call) {
    if (call !== this.#call)
      return
    if (order.kind === "lent") {
      this.#isLent = true
      this.#next = order.offset
      this.delegate.lent(order.deviceId ?? "")
      this.#tellReceived()
      return
    }
    this.#orders = this.#orders.then(async () => {
      const error = await this.#carryOut(order).then(() => null, (failure) => failure instanceof Error ? failure.message : String(failure))
      this.#done = order.number
      if (call === this.#call)
        this.#report({ kind: "done", number: order.number, error: error?.slice(0, 200) ?? null })
    })
  }

  /** @param {LineOrder} order */
  async #carryOut(order) {
    if (order.kind === "write") {
      const writer = /** @type {WritableStream<Uint8Array>} */ (this.port.writable).getWriter()
      try {
        await writer.write(order.data ?? new Uint8Array())
      } finally {
        writer.releaseLock()
      }
    } else if (order.kind === "settings" && order.settings) {
      await this.#configure(order.settings)
    } else if (order.kind === "signals") {
      // Web Serial sets all that are named at the same moment.
      const signals = {
        ...order.dtr !== null && { dataTerminalReady: order.dtr }, ...order.rts !== null && { requestToSend: order.rts }, ...order.break !== null && { break: order.break },
      }
      this.#signals = { dataTerminalReady: signals.dataTerminalReady ?? this.#signals.dataTerminalReady, requestToSend: signals.requestToSend ?? this.#signals.requestToSend }
      await this.port.setSignals(signals)
    } else {
      throw new Error(`'${order.kind}' is not known here.`)
    }
  }

  /** Web Serial cannot change an open port: it is closed, opened and its lines set as they were. @param {DeviceSettings} settings */
  async #configure(settings) {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings))
      return
    const options = optionsOf(settings)
    this.#isReopening = true
    try {
      await this.#closePort()
      await this.port.open(options)
      await this.port.setSignals(this.#signals)
    } finally {
      this.#isReopening = false
    }
    this.#settings = settings
    this.#reading = this.#read()
  }

  async #closePort() {
    await this.#reader?.cancel()
    await this.#reading
    await this.port.close()
  }

  /** @param {unknown} call @param {{ code: string, message: string } | null} problem */
  #callEnded(call, problem) {
    if (call !== this.#call)
      return
    this.#call = null
    this.#isLent = false
    if (problem && problem.code.startsWith("devices."))
      void this.stop(problem.message)
    else
      this.delegate.away()
  }
}

/** @param {DeviceSettings} settings */
function optionsOf({ baudRate, dataBits, parity, stopBits, flowControl }) {
  if (dataBits < 7 || stopBits === "1.5" || parity === "mark" || parity === "space" || flowControl === "xon-xoff")
    throw new Error("A browser's port has 7 or 8 data bits, 1 or 2 stop bits, no, odd or even parity, and no software flow control.")
  return { baudRate, dataBits, parity, stopBits: Number(stopBits), flowControl: flowControl === "rts-cts" ? "hardware" : "none", bufferSize: 64 * 1024 }
}
