import assert from "node:assert/strict"
import { webcrypto } from "node:crypto"
import test from "node:test"
import { LentPort } from "../../../LLMos.Client/src/devices/lent-port.js"

// Node 18 has it under another name.
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto)

/** A lender of a board that takes what is written when `take` is called, and a server that was told `calls`. */
async function lender() {
  /** @type {any} */
  let controller
  const board = { written: /** @type {string[]} */ ([]), take: () => {}, print: (/** @type {string} */ text) => controller.enqueue(new TextEncoder().encode(text)) }
  const port = {
    readable: new ReadableStream({ start: (made) => void (controller = made) }),
    writable: new WritableStream({
      write: (bytes) => new Promise((resolve) => {
        board.take = () => {
          board.written.push(new TextDecoder().decode(bytes))
          resolve()
        }
      }),
    }),
    open: async () => {}, close: async () => {}, setSignals: async () => {}, getInfo: () => ({}),
  }
  /** @type {{ port: any, reader: any, reports: any[] }[]} */
  const calls = []
  const client = { lend: (/** @type {any} */ described, /** @type {any} */ reader) => {
    const call = { port: described, reader, reports: /** @type {any[]} */ ([]) }
    calls.push(call)
    return { send: (/** @type {any} */ report) => void call.reports.push(report), end: () => {} }
  } }
  const lent = new LentPort(port, { key: "key", name: "Board", usb: null }, /** @type {any} */ (client), { lent: () => {}, away: () => {}, ended: () => {} })
  await lent.open()
  await lent.serve()
  return { lent, board, calls }
}

const order = (/** @type {any} */ members) => ({ number: 0, offset: 0, data: null, settings: null, dtr: null, rts: null, break: null, ...members })
const settled = () => new Promise((resolve) => setImmediate(resolve))

test("what was sent is told to a server that begins anew, and is sent again only to one that asks for it", async () => {
  const { lent, board, calls } = await lender()
  calls[0].reader.next(order({ kind: "lent" }))
  board.print("one")
  await settled()
  assert.deepEqual(calls[0].reports.map(({ offset, data }) => [offset, data.length]), [[0, 3]])
  calls[0].reader.complete()
  board.print("two")
  await settled()

  await lent.serve()
  assert.deepEqual([calls[1].port.offset, calls[1].port.sent, calls[1].port.done], [0, 3, 0])
  assert.equal(calls[1].port.epoch, calls[0].port.epoch)
  calls[1].reader.next(order({ kind: "lent", offset: 2 }))
  assert.deepEqual(calls[1].reports.map(({ offset, data }) => [offset, new TextDecoder().decode(data)]), [[2, "etwo"]])
})

test("an order that is under way when the connection is lost is done once, and told before the next call", async () => {
  const { lent, board, calls } = await lender()
  calls[0].reader.next(order({ kind: "lent" }))
  calls[0].reader.next(order({ kind: "write", number: 1, data: new TextEncoder().encode("once") }))
  await settled()
  calls[0].reader.complete()
  const serving = lent.serve()
  await settled()
  assert.equal(calls.length, 1)

  board.take()
  await serving
  assert.deepEqual([board.written, calls[1].port.done], [["once"], 1])
})
