import assert from "node:assert/strict"
import test from "node:test"
import { Problem } from "../../../LLMos.Client/src/connection/problem.js"
import { Follow } from "../../../LLMos.Client/src/connection/follow.js"

/** @import { StreamReader } from "../../../LLMos.Client/src/connection/hub.js" */

/** A hub whose streams the test speaks for, and what the follower told. */
function followed() {
  /** @type {{ args: any[], reader: StreamReader, closed: boolean }[]} */
  const streams = []
  const hub = {
    connected: true,
    /** @param {string} _method @param {any[]} args @param {StreamReader} reader */
    stream(_method, args, reader) {
      const stream = { args, reader, closed: false }
      streams.push(stream)
      return () => { stream.closed = true }
    },
  }
  const told = { last: 0, failures: /** @type {string[]} */ ([]), whole: true }
  const follow = new Follow(hub, "run-1", {
    lastSequence: () => told.last,
    eventsArrived: (events) => {
      if (told.whole)
        told.last += events.length
      return told.whole
    },
    followFailed: (problem) => told.failures.push(problem.code),
  })
  return { hub, streams, told, follow }
}

const lost = new Problem("connection.failed", "gone")

test("After a lost connection the stream begins after the last event seen", () => {
  const { hub, streams, follow } = followed()
  follow.start()
  streams[0].reader.next([{}, {}])

  hub.connected = false
  streams[0].reader.error(lost)
  follow.resume()
  hub.connected = true
  follow.resume()
  follow.resume()

  assert.deepEqual(streams.map((stream) => stream.args), [["run-1", 0], ["run-1", 2]])
})

test("A gap opens the stream again and the old one no longer counts", () => {
  const { streams, told, follow } = followed()
  follow.start()

  told.whole = false
  streams[0].reader.next([{}])
  told.whole = true
  streams[0].reader.next([{}])
  streams[1].reader.next([{}])

  assert.equal(streams.length, 2)
  assert.equal(streams[0].closed, true)
  assert.equal(told.last, 1)
})

test("A reader that was cut off for being slow comes back by itself", () => {
  const { streams, told, follow } = followed()
  follow.start()

  streams[0].reader.error(new Problem("run.lagged", "too slow"))

  assert.equal(streams.length, 2)
  assert.deepEqual(told.failures, [])
})

test("A run that does not exist is told and not asked for again", () => {
  const { streams, told, follow } = followed()
  follow.start()

  streams[0].reader.error(new Problem("run.not_found", "no"))
  follow.resume()

  assert.equal(streams.length, 1)
  assert.deepEqual(told.failures, ["run.not_found"])
})

test("A stream that fails again and again is given up", () => {
  const { streams, told, follow } = followed()
  follow.start()

  while (told.failures.length === 0)
    /** @type {any} */ (streams.at(-1)).reader.error(new Problem("run.broken", "no"))

  assert.ok(streams.length < 10)
})

test("An ended run is not asked for again", () => {
  const { streams, follow } = followed()
  follow.start()

  streams[0].reader.complete()
  follow.resume()

  assert.equal(streams.length, 1)
})
