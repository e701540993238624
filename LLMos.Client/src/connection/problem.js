/** A refusal of the server, or the failure to reach it; its message is a sentence for people. */
export class Problem extends Error {
  static unreachableSentence = "The server cannot be reached. It may be restarting; try again in a moment."

  /** @param {string} code @param {string} detail @param {number} [status] 0 when no answer came @param {number | null} [retryAfterSeconds] */
  constructor(code, detail, status = 0, retryAfterSeconds = null) {
    super(detail)
    this.name = "Problem"
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** @param {Response} response One that is not ok. */
  static async fromResponse(response) {
    const body = await response.text()
    const { code, detail, title } = parsed(body)
    const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10)

    return new Problem(
      code ?? `http.${response.status}`,
      detail ?? title ?? sentenceFor(response.status),
      response.status,
      Number.isNaN(retryAfter) ? null : retryAfter)
  }

  /**
   * SignalR wraps a refusal as "An unexpected error … HubException: code: detail" or as the bare text.
   * @param {unknown} error
   */
  static fromHubError(error) {
    if (error instanceof Problem)
      return error

    const text = error instanceof Error ? error.message : String(error)
    const refusal = /(?:^|HubException: )([a-z][a-z_]*\.[a-z_.]+): ([\s\S]+)$/.exec(text)
    return refusal
      ? new Problem(refusal[1], refusal[2])
      : new Problem("connection.failed", text)
  }

  static unreachable() {
    return new Problem("connection.failed", Problem.unreachableSentence)
  }
}

/** @param {string} body @returns {{ code?: string, detail?: string, title?: string }} */
function parsed(body) {
  try {
    const problem = JSON.parse(body)
    return problem && typeof problem === "object" ? problem : {}
  } catch {
    return {}
  }
}

/** @param {number} status */
function sentenceFor(status) {
  if (status === 401)
    return "You are signed out."
  if (status === 403)
    return "Your role does not allow this."
  if (status === 429)
    return "Too many requests; wait a moment."
  return `The server answered ${status} without saying why.`
}
