import { Problem } from "./problem.js"

/** @typedef {{ signedOut(): void }} ApiDelegate */
/** @typedef {{ body?: object | Blob, headers?: Record<string, string>, signal?: AbortSignal }} ApiRequest */

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

  /** @param {string} path @param {object} [body] @param {Record<string, string>} [headers] */
  async post(path, body = {}, headers) {
    return this.#send("POST", path, { body, headers })
  }

  /** @param {string} path @param {object} body */
  async patch(path, body) {
    return this.#send("PATCH", path, { body })
  }

  /** @param {string} path @param {object | Blob} [body] @param {Record<string, string>} [headers] */
  async put(path, body, headers) {
    return this.#send("PUT", path, { body, headers })
  }

  /** @param {string} path @param {Record<string, string>} [headers] */
  async delete(path, headers) {
    return this.#send("DELETE", path, { headers })
  }

  /** The answer itself, when it is not JSON. @param {string} path @param {AbortSignal} [signal] @returns {Promise<Response>} */
  async open(path, signal) {
    return this.#answer("GET", path, { signal })
  }

  /** @param {string} method @param {string} path @param {ApiRequest} [request] @returns {Promise<any>} */
  async #send(method, path, request) {
    const text = await (await this.#answer(method, path, request)).text()
    return text === "" ? null : JSON.parse(text)
  }

  /** @param {string} method @param {string} path @param {ApiRequest} [request] @returns {Promise<Response>} that is ok */
  async #answer(method, path, request = {}) {
    const response = await this.#reach(method, path, request)
    if (!response.ok)
      throw this.told(await Problem.fromResponse(response))
    return response
  }

  /** Whoever is signed out is told so, by whatever way it came out. @param {Problem} problem */
  told(problem) {
    if (problem.status === 401)
      this.delegate?.signedOut()
    return problem
  }

  /** @param {string} method @param {string} path @param {ApiRequest} request */
  async #reach(method, path, { body, headers: more, signal }) {
    const isBlob = body instanceof Blob
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", ...more }
    if (method !== "GET")
      headers["X-LLMos-Request"] = "1"
    if (body)
      headers["Content-Type"] = isBlob ? "application/octet-stream" : "application/json"

    try {
      return await this.fetch(`/api/v1${path}`, {
        method,
        headers,
        body: isBlob ? body : body && JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
        signal,
      })
    } catch {
      throw Problem.unreachable()
    }
  }
}
