import assert from "node:assert/strict"
import test from "node:test"
import { Problem } from "../../../LLMos.Client/src/connection/problem.js"

test("A refusal keeps its code, its sentence and when to try again", async () => {
  const response = new Response(
    JSON.stringify({ status: 429, title: "Too Many Requests", detail: "64 runs are already waiting.", code: "run.queue_full" }),
    { status: 429, headers: { "Retry-After": "7" } })

  const problem = await Problem.fromResponse(response)

  assert.equal(problem.code, "run.queue_full")
  assert.equal(problem.message, "64 runs are already waiting.")
  assert.equal(problem.status, 429)
  assert.equal(problem.retryAfterSeconds, 7)
})

test("An answer that is no problem+json still becomes a sentence", async () => {
  const problem = await Problem.fromResponse(new Response("<html>Bad gateway</html>", { status: 502 }))

  assert.equal(problem.code, "http.502")
  assert.match(problem.message, /502/)
  assert.equal(problem.retryAfterSeconds, null)
})

test("A JSON answer that is no object still becomes a sentence", async () => {
  const problem = await Problem.fromResponse(new Response("null", { status: 403 }))

  assert.equal(problem.message, "Your role does not allow this.")
})

for (const text of [
  "run.not_found: There is no such run: it is gone.",
  "An unexpected error occurred invoking 'Watch' on the server. HubException: run.not_found: There is no such run: it is gone.",
]) {
  test(`A hub's refusal is read from "${text.slice(0, 20)}…"`, () => {
    const problem = Problem.fromHubError(new Error(text))

    assert.equal(problem.code, "run.not_found")
    assert.equal(problem.message, "There is no such run: it is gone.")
  })
}

test("Any other failure of the hub is a failed connection", () => {
  const problem = Problem.fromHubError(new Error("WebSocket closed with status code: 1006 ()."))

  assert.equal(problem.code, "connection.failed")
})
