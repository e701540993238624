import { Problem } from "./problem.js"

/** @import { Api } from "./api.js" */

/**
 * Sends a file and tells how far it has come, which fetch cannot.
 * @param {Api} api @param {"PUT" | "POST"} method @param {string} path below /api/v1 @param {Blob} content @param {Record<string, string>} headers
 * @param {(bytes: number) => void} progressed @param {AbortSignal} signal @returns {Promise<any>}
 */
export function upload(api, method, path, content, headers, progressed, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, `/api/v1${path}`)
    request.setRequestHeader("X-LLMos-Request", "1")
    request.setRequestHeader("Content-Type", "application/octet-stream")
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value))
    request.upload.onprogress = ({ loaded }) => progressed(loaded)
    request.onload = async () => {
      if (request.status >= 200 && request.status < 300)
        resolve(JSON.parse(request.responseText))
      else
        reject(api.told(await Problem.fromResponse(new Response(request.responseText, { status: request.status }))))
    }
    request.onerror = () => reject(Problem.unreachable())
    request.onabort = () => reject(new Problem("request.cancelled", "Cancelled."))
    signal.addEventListener("abort", () => request.abort(), { once: true })
    if (signal.aborted)
      reject(new Problem("request.cancelled", "Cancelled."))
    else
      request.send(content)
  })
}
