import assert from "node:assert/strict"
import test from "node:test"
import { bytes, count, countdown, day, duration, portion, roughly, setDuration, stopwatch, visible } from "../../../LLMos.Client/src/ui/format.js"

test("Durations keep three digits and never round up to a full unit of the next", () => {
  assert.deepEqual([0, 840, 999.6, 1240, 9996, 12_340, 59_949, 60_000, 185_000, 5_400_000].map(duration),
    ["0 ms", "840 ms", "1.00 s", "1.24 s", "10.0 s", "12.3 s", "59.9 s", "1 min 00 s", "3 min 05 s", "1.5 h"])
})

test("A duration that was set has no more digits than it was given", () => {
  assert.deepEqual([500, 1000, 1500, 30_000, 60_000].map(setDuration), ["500 ms", "1 s", "1.5 s", "30 s", "1 min 00 s"])
})

test("A stopwatch shows tenths and never goes backwards below zero", () => {
  assert.deepEqual([-5, 0, 1234, 61_000].map(stopwatch), ["0.0 s", "0.0 s", "1.2 s", "1:01.0"])
})

test("Bytes are counted by 1024", () => {
  assert.deepEqual([0, 1023, 1024, 4300, 268_435_456, 1_073_741_824].map(bytes), ["0 B", "1023 B", "1 KB", "4.2 KB", "256 MB", "1 GB"])
})

test("A portion names its unit once when it can", () => {
  assert.equal(portion("1.17 s", "30 s"), "1.17 of 30 s")
  assert.equal(portion("930 ms", "30 s"), "930 ms of 30 s")
  assert.equal(portion("61 MB", "256 MB"), "61 of 256 MB")
})

test("One is singular", () => {
  assert.equal(count(1, "row"), "1 row")
  assert.equal(count(12_345, "row"), "12,345 rows")
})

test("Days are counted by midnights, not by hours", () => {
  const now = new Date(2026, 2, 10, 0, 30)

  assert.equal(day(new Date(2026, 2, 9, 23, 50), now), "Yesterday")
  assert.equal(day(new Date(2026, 2, 10, 0, 10), now), "Today")
  assert.match(day(new Date(2025, 2, 9), now), /2025/)
})

test("What is left is counted down to the second, and above an hour to the minute", () => {
  assert.deepEqual([-5, 400, 45_000, 60_900, 1_471_000, 4_800_000].map(countdown), ["0 s", "0 s", "45 s", "1 min 00 s", "24 min 31 s", "1 h 20 min"])
})

test("An age has one unit", () => {
  assert.deepEqual([-5, 45_900, 60_000, 7_300_000, 172_800_000].map(roughly), ["0 s", "45 s", "1 min", "2 h", "2 days"])
})

test("Characters that hide or turn text are shown as escapes, and those of other scripts as they are", () => {
  assert.equal(visible("\u202Eevil\u0000\n\u200b"), "\\u202eevil\\x00\\x0a\\u200b")
  assert.equal(visible("מחיר 价格 naïve 👩‍🔬"), "מחיר 价格 naïve 👩‍🔬")
})
