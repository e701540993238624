import { createServer } from "node:http"

/** @import { TestContext } from "node:test" */
/** @import { AddressInfo } from "node:net" */

/** Another origin, which knows what it was asked for. */
export class Elsewhere {
  /** @type {string[]} the paths, in order */
  asked = []
  #listener = createServer((request, response) => {
    this.asked.push(request.url ?? "")
    response.end()
  })

  /** @param {TestContext} test */
  static async listen(test) {
    const elsewhere = new Elsewhere()
    await new Promise((resolve) => elsewhere.#listener.listen(0, "127.0.0.1", () => resolve(undefined)))
    test.after(() => elsewhere.#listener.close())
    return elsewhere
  }

  get address() {
    return `http://127.0.0.1:${/** @type {AddressInfo} */ (this.#listener.address()).port}`
  }
}
