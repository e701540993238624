import { Problem } from "./problem.js"

/** @typedef {{ signedOut(): void }} ApiDelegate */

/** The REST interface of the server this page came from. */
export class Api {
  /** @type {ApiDelegate | null} */
  delegate = null

  /** @param {typeof globalThis.fetch} fetch */
  constructor(fetch) {
    this.fetch = fetch
  }

  /** @param {string} path below /api/v1 */
  async get(path) {
    return this.#send("GET", path)
  }

  /** @param {string} path @param {object} [body] */
  async post(path, body = {}) {
    return this.#send("POST", path, body)
  }

  /** @param {string} path @param {object} body */
  async patch(path, body) {
    return this.#send("PATCH", path, body)
  }

  /** @param {string} path */
  async delete(path) {
    return this.#send("DELETE", path)
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #send(method, path, body) {
    const response = await this.#reach(method, path, body)
    if (!response.ok) {
      const problem = await Problem.fromResponse(response)
      if (problem.status === 401)
        this.delegate?.signedOut()
      throw problem
    }

    const text = await response.text()
    return text === "" ? null : JSON.parse(text)
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #reach(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" }
    if (method !== "GET")
      headers["X-LLMos-Request"] = "1"
    if (body)
      headers["Content-Type"] = "application/json"

    try {
      return await this.fetch(`/api/v1${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
      })
    } catch {
      throw Problem.unreachable()
    }
  }
}
