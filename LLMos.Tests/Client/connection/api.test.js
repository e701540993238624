import assert from "node:assert/strict"
import test from "node:test"
import { Api } from "../../../LLMos.Client/src/connection/api.js"

/** @param {Response | Error} answer */
function apiThatAnswers(answer) {
  /** @type {{ path: string, options: RequestInit }[]} */
  const requests = []
  const api = new Api(/** @type {any} */ (async (/** @type {string} */ path, /** @type {RequestInit} */ options) => {
    requests.push({ path, options })
    if (answer instanceof Error)
      throw answer
    return answer
  }))
  return { api, requests }
}

test("A call that changes something carries the header that other sites cannot send", async () => {
  const { api, requests } = apiThatAnswers(Response.json({ id: "1" }))

  await api.post("/runs", { code: "print(1)" })

  assert.equal(requests[0].path, "/api/v1/runs")
  assert.equal(/** @type {any} */ (requests[0].options.headers)["X-LLMos-Request"], "1")
  assert.equal(requests[0].options.body, `{"code":"print(1)"}`)
})

test("An empty answer is null", async () => {
  const { api } = apiThatAnswers(new Response(null, { status: 204 }))

  assert.equal(await api.delete("/tokens/1"), null)
})

test("A server that cannot be reached is a problem with a sentence", async () => {
  const { api } = apiThatAnswers(new TypeError("Failed to fetch"))

  await assert.rejects(api.get("/runs"), { code: "connection.failed", status: 0 })
})

test("An answer of 401 tells the delegate and still rejects", async () => {
  const { api } = apiThatAnswers(new Response("", { status: 401 }))
  let told = 0
  api.delegate = { signedOut: () => { told += 1 } }

  await assert.rejects(api.get("/runs"), { status: 401 })

  assert.equal(told, 1)
})
