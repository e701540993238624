const pauseMilliseconds = 300

/** The program being written, kept in the browser so that closing the tab loses nothing. */
export class Draft {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {Storage} storage @param {string} accountId a shared browser must not show one's draft to another */
  constructor(storage, accountId) {
    this.storage = storage
    this.key = `llmos.draft.${accountId}`
    this.text = storage.getItem(this.key) ?? ""
    addEventListener("pagehide", () => this.#save())
  }

  /** @param {string} text */
  change(text) {
    this.text = text
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#save(), pauseMilliseconds)
  }

  #save() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      this.storage.setItem(this.key, this.text)
    } catch {
      // The quota of a browser is about 5 MB; a larger draft lives as long as its tab.
    }
  }
}
