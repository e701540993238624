import assert from "node:assert/strict"
import test from "node:test"
import { TerminalText } from "../../../LLMos.Client/src/devices/terminal-text.js"

/** @import { DeviceEvent } from "../../../LLMos.Client/src/contracts/devices.js" */

const at = new Date(2026, 0, 2, 3, 4, 5, 6)
let sequence = 0

/** @param {DeviceEvent["kind"]} kind @param {string | number[]} content @param {string | null} [by] @returns {DeviceEvent} */
function event(kind, content, by = null) {
  const isBytes = kind === "received" || kind === "sent"
  return { sequence: sequence += 1, at, kind, by, data: isBytes ? typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content) : null, text: isBytes ? null : String(content) }
}

/** @param {Partial<import("../../../LLMos.Client/src/devices/terminal-text.js").TerminalChoices>} choices @param {...DeviceEvent} events */
function written(choices, ...events) {
  return new TerminalText({ times: false, hex: false, sent: true, filter: "", ...choices }).write(events)
}

/** @param {string} text without what only colours */
const plain = (text) => text.replace(/\x1b\[\d+m/g, "")

test("a line has the time of its first byte, however it is cut", () => {
  assert.equal(plain(written({ times: true }, event("received", "on"), event("received", "e\r"), event("received", "\ntwo\n"))), "03:04:05.006 one\r\n03:04:05.006 two\r\n")
})

test("of control sequences only colours come through, wherever they are cut", () => {
  const text = written({}, event("received", "\x1b[3"), event("received", "1mred\x1b[0m \x1b[2J\x1b[H\x1b]0;title\x07\x1b[6n\x07\x00\x9b1m.\n"))
  assert.ok(text.includes("\x1b[31mred"))
  assert.deepEqual(text.match(/\x1b(?!\[\d+m)./g), null)
  assert.ok(!/[\x00-\x09\x0b\x0c\x0e-\x1a\x80-\x9f]/.test(text.replace(/\x1b/g, "")), JSON.stringify(text))
})

test("a character that is cut between two pieces stays whole, and a byte that is none is a box", () => {
  assert.equal(plain(written({}, event("received", [0xc3]), event("received", [0xa4, 0xff, 0x0a]))), "ä\ufffd\r\n")
})

test("a carriage return begins the line anew, with its time", () => {
  assert.equal(plain(written({ times: true }, event("received", "10 %"), event("received", "\r20 %"))), "03:04:05.006 10 %\r03:04:05.006 20 %")
})

test("what happens while a line is open gets a line of its own, and the line goes on", () => {
  assert.equal(plain(written({}, event("received", "half"), event("lease", "taken", "anna"), event("received", " more\n"))), "half\r\n── taken (anna)\r\n more\r\n")
})

test("what is sent is told with who sent it, but single keys are not", () => {
  assert.equal(plain(written({}, event("sent", "one\r\ntwo\r\n", "anna"), event("sent", "x", "anna"), event("sent", "\n", "anna"))), "anna › one\r\nanna › two\r\nanna › \r\n")
  assert.equal(written({ sent: false }, event("sent", "one\n", "anna")), "")
})

test("a filter keeps whole lines that have it, whatever their case", () => {
  assert.equal(plain(written({ filter: "WIFI" }, event("received", "wi"), event("received", "fi up\nother\n"), event("received", "Wifi "), event("state", "gone"), event("received", "down\n"))), "wifi up\r\nWifi down\r\n")
})

test("bytes of both ways are shown sixteen a row", () => {
  assert.equal(plain(written({ hex: true }, event("received", [0x41, 0x00, 0xff]), event("sent", "0123456789abcdefX", "anna"))),
    `< 41 00 ff${" ".repeat(39)}  A··\r\n> 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\r\n> 58${" ".repeat(45)}  X\r\n`)
})

test("what a flasher and a loader say is left out until the lease ends", () => {
  const text = written({}, event("lease", "taken: new firmware", "anna"), event("lease", "flashes", "anna"), event("sent", "\xc0\x00\x08\x24", "anna"), event("received", "\x01\x08garbage\n"),
    event("lease", "waits for the lease", "ben"), event("received", "still\n"), event("lease", "released", "anna"), event("received", "ready\n"))
  assert.equal(plain(text), "── taken: new firmware (anna)\r\n── flashes (anna)\r\n── waits for the lease (ben)\r\n── released (anna)\r\nready\r\n")
})

test("what a flashed program says is shown from its start, before the lease is given back", () => {
  const text = written({}, event("lease", "flashes", "anna"), event("reset", "into bootloader mode", "anna"), event("received", "garbage\n"), event("reset", "into run mode", "anna"), event("received", "ready\n"), event("lease", "released", "anna"))
  assert.ok(!plain(text).includes("garbage"))
  assert.ok(plain(text).includes("ready\r\n"))
})
