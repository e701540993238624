import assert from "node:assert/strict"
import test from "node:test"
import { DeviceRecord } from "../../../LLMos.Client/src/devices/device-record.js"
import { runOf, settingsWord } from "../../../LLMos.Client/src/devices/device-words.js"
import { addressFrom, faultOf } from "../../../LLMos.Client/src/devices/flash-plan.js"
import { LineReader } from "../../../LLMos.Client/src/devices/line-reader.js"
import { ReceivedRing } from "../../../LLMos.Client/src/devices/received-ring.js"
import { Telemetry } from "../../../LLMos.Client/src/devices/telemetry.js"
import { Timeline } from "../../../LLMos.Client/src/devices/timeline.js"
import { RunLineReader } from "../../../LLMos.Client/src/runs/run-lines.js"

/** @import { DeviceEvent } from "../../../LLMos.Client/src/contracts/devices.js" */

const encode = (/** @type {string} */ text) => new TextEncoder().encode(text)

/** @param {number} sequence @param {number} length @returns {DeviceEvent} */
const received = (sequence, length) => ({ sequence, at: "", kind: "received", by: null, data: new Uint8Array(length), text: null })

test("a page keeps the newest events of a device, by number and by bytes", () => {
  const record = new DeviceRecord()
  assert.equal(record.add([received(1, 10), received(2, 10)]).length, 2)
  assert.deepEqual(record.add([received(2, 10), received(4, 10)]).map(({ sequence }) => sequence), [4])
  record.add(Array.from({ length: 64 }, (_, index) => received(5 + index, 100 * 1024)))
  assert.ok(record.events.reduce((sum, { data }) => sum + (data?.length ?? 0), 0) <= 4 * 1024 * 1024)
  assert.equal(record.events.length + record.dropped, 67)
  record.add(Array.from({ length: 30_000 }, (_, index) => received(100 + index, 0)))
  assert.equal(record.events.length, 20_000)
  assert.equal(record.lastSequence, 30_099)
})

test("what came while a terminal was paused is taken from what the page keeps", () => {
  const record = new DeviceRecord()
  record.add([received(1, 10), received(2, 10)])
  const paused = record.end
  record.add([received(3, 10)])
  assert.deepEqual([record.since(paused).lost, record.since(paused).events.map(({ sequence }) => sequence)], [0, [3]])
  record.add(Array.from({ length: 20_010 }, (_, index) => received(4 + index, 0)))
  assert.deepEqual([record.since(paused).lost, record.since(paused).events.length], [11, 20_000])
  record.clear()
  assert.deepEqual(record.since(record.end), { events: [], lost: 0 })
})

test("lines are cut from bytes as they come, without colours, and an endless one is bounded", () => {
  const reader = new LineReader()
  assert.deepEqual(reader.read(encode("a\x1b[31mb\r\nc")), ["ab"])
  assert.deepEqual(reader.read(encode("\n\nold\rnew\n")), ["c", "", "new"])
  reader.read(encode("x".repeat(10_000)))
  assert.equal(reader.read(encode("y\n"))[0].length, 4096)
})

test("lines of numbers are told from lines that only have some", () => {
  const telemetry = new Telemetry()
  const take = (/** @type {string} */ line, /** @type {number} */ second) => telemetry.take(line, new Date(second * 1000))
  assert.ok(take("temperature:21.5 humidity:40", 1))
  assert.ok(take("temperature:-3e-1 C, pressure = .5 hPa", 2))
  for (const line of ["", "I (320) wifi: connected to ap:3 with rssi:-4", "boot:0x13", "12:34:56", "{\"a\":1}", "a:1 b:x"])
    assert.equal(take(line, 3), false, line)
  assert.deepEqual(telemetry.times, [1, 2])
  assert.deepEqual([...telemetry.series], [["temperature", [21.5, -0.3]], ["humidity", [40, null]], ["pressure", [null, 0.5]]])
  for (let second = 0; second < 3000; second += 1)
    take(`temperature:1 other${second}:2`, second)
  assert.equal(telemetry.series.size, 8)
  assert.deepEqual([...telemetry.series.values()].map(({ length }) => length), Array(8).fill(2000))
})

test("a regular expression that looks for numbers does not run for ever", { timeout: 5000 }, () => {
  new Telemetry().take("a ".repeat(2000), new Date())
  new Telemetry().take("a1".repeat(2000), new Date())
  new Telemetry().take(`${"a:1 ".repeat(1000)}x`, new Date())
})

test("a line of numbers that goes wrong late costs no more than another", () => {
  const began = performance.now()
  for (let time = 0; time < 50; time += 1) {
    for (const line of [`a:1${" ".repeat(4090)}!`, `a:${"1".repeat(4090)}x`, `a:1${", ".repeat(2040)}!`, `${"a".repeat(40)}${" ".repeat(4050)}:`])
      assert.equal(new Telemetry().take(line, new Date()), false)
  }
  assert.ok(performance.now() - began < 2000)
})

test("lines of a board and a run stand in the order of the clock", () => {
  const timeline = new Timeline()
  timeline.add("board", "first", 10)
  timeline.add("board", "third", 30)
  timeline.add("run", "second", 20)
  timeline.add("run", "after the third", 30)
  assert.deepEqual(timeline.rows.map(({ text }) => text), ["first", "second", "third", "after the third"])
  timeline.clear("run")
  assert.deepEqual(timeline.rows.map(({ text }) => text), ["first", "third"])
})

test("a run's lines have the time of the event that ended them", () => {
  /** @type {[string, number][]} */
  const lines = []
  const reader = new RunLineReader(1000, (line, at) => lines.push([line, at]))
  const event = (/** @type {number} */ sequence, /** @type {any} */ type, /** @type {string} */ text) => ({ sequence, type, text, atMilliseconds: sequence })
  assert.ok(reader.take([event(1, "stdout", "a"), event(2, "stderr", "bad\n"), event(3, "stdout", "b\nc")]))
  assert.equal(reader.take([event(5, "stdout", "missing one")]), false)
  assert.ok(reader.take([event(4, "ended", "")]))
  assert.deepEqual(lines, [["bad", 1002], ["ab", 1003], ["c", 1004]])
})

test("the newest bytes of a port are kept by their offset", () => {
  const ring = new ReceivedRing(8)
  ring.add(encode("abcde"))
  assert.deepEqual(ring.read(1, 3), { offset: 1, data: encode("bcd") })
  ring.add(encode("fghij"))
  assert.equal(ring.first, 2)
  assert.deepEqual(ring.read(0, 100), { offset: 2, data: encode("cdefghij") })
  ring.add(encode("0123456789"))
  assert.deepEqual(ring.read(0, 100), { offset: 12, data: encode("23456789") })
  assert.deepEqual(ring.read(20, 100), { offset: 20, data: encode("") })
})

test("what cannot be flashed is refused with the reason", () => {
  const part = (/** @type {number} */ address, /** @type {number} */ length) => ({ name: `at ${address}`, address, data: new Uint8Array(length) })
  assert.deepEqual(["0x10000", " 65536 ", "0x1000000", "-1", "ten", "", "0x", "1e3"].map(addressFrom), [65536, 65536, null, null, null, null, null, null])
  assert.equal(faultOf([part(0x1000, 4096), part(0x2000, 1)]), null)
  assert.match(faultOf([]) ?? "", /Choose/)
  assert.match(faultOf([part(0, 0)]) ?? "", /empty/)
  assert.match(faultOf([part(0x1001, 1)]) ?? "", /0x1000/)
  assert.match(faultOf([part(0x2000, 1), part(0x1000, 4097)]) ?? "", /overwrite/)
  assert.match(faultOf([part(15 * 1024 * 1024, 2 * 1024 * 1024)]) ?? "", /fit/)
})

test("settings and the run that has a device are told in words", () => {
  assert.equal(settingsWord({ baudRate: 9600, dataBits: 7, parity: "even", stopBits: "2", flowControl: "rts-cts" }), "9600 7E2 RTS-CTS")
  assert.deepEqual([runOf("anna, run 01M85STRX0TP1A3BH89YA0R162"), runOf("anna")], ["01M85STRX0TP1A3BH89YA0R162", null])
})
