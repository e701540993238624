/** @import { BrowserContext } from "playwright-core" */

/**
 * Puts a board into a browser that has none: `navigator.serial` gives one port, at whose end is something that answers
 * the JSON protocol and prints what it is asked to. `board` on the page is the test's hand on it.
 * @param {BrowserContext} context
 */
export async function plugIn(context) {
  await context.addInitScript(() => {
    /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
    let controller = null
    let typed = ""
    const encoder = new TextEncoder()
    const decoder = new TextDecoder()
    /** @type {Map<string, ((event: any) => void)[]>} */
    const listeners = new Map()
    const board = {
      /** @type {any[]} */
      opened: [],
      /** @type {any[]} */
      signals: [],
      /** @param {string} text */
      print: (text) => controller?.enqueue(encoder.encode(text)),
      unplug() {
        controller?.error(new DOMException("The device has been lost.", "NetworkError"))
        port.readable = null
        port.writable = null
        listeners.get("disconnect")?.forEach((listener) => listener({ target: port }))
      },
    }
    const port = {
      /** @type {ReadableStream<Uint8Array> | null} */
      readable: null,
      /** @type {WritableStream<Uint8Array> | null} */
      writable: null,
      /** @param {any} options */
      async open(options) {
        if (port.readable)
          throw new DOMException("The port is already open.", "InvalidStateError")
        board.opened.push(options)
        port.readable = new ReadableStream({ start: (made) => void (controller = made) })
        port.writable = new WritableStream({
          write(bytes) {
            typed += decoder.decode(bytes, { stream: true })
            const lines = typed.split("\n")
            typed = lines.pop() ?? ""
            for (const line of lines) {
              if (line.includes("get_info"))
                board.print(`${JSON.stringify({ status: "ok", device: "stand-in", firmware: "1.0", id: JSON.parse(line).id })}\r\n`)
              else
                board.print(`heard ${line}\r\n`)
            }
          },
        })
      },
      async close() {
        if (port.readable?.locked || port.writable?.locked)
          throw new TypeError("Cannot close a port whose streams are locked.")
        port.readable = port.writable = null
      },
      /** @param {any} signals */
      async setSignals(signals) {
        board.signals.push(signals)
      },
      getInfo: () => ({ usbVendorId: 0x303a, usbProductId: 0x1001 }),
    }
    Object.defineProperty(navigator, "serial", { value: {
      requestPort: async () => port,
      /** @param {string} name @param {(event: any) => void} listener */
      addEventListener: (name, listener) => void listeners.set(name, [...listeners.get(name) ?? [], listener]),
    } })
    Object.assign(globalThis, { board })
  })
}
