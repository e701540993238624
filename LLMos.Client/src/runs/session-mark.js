import { Package, PackageX } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { sessionMark } from "./session-words.js"

/** @import { RunOutput } from "./run-output.js" */

/** Which session the shown run is in and what it found there; while it runs, what ending it does to the session. */
export class SessionMark {
  #drawn = ""
  /** @type {string | null} */
  #name = null

  constructor() {
    this.element = element("span", { class: "session-mark", hidden: true, "data-testid": "session-mark" })
    // Both buttons are described by it, so it has words only while they are true.
    this.stopNote = element("p", { class: "stop-note", id: "stop-note", hidden: true })
  }

  clear() {
    this.begin(null)
    this.#showStopNote(false)
  }

  /** @param {string | null} name of the run's session */
  begin(name) {
    this.#name = name
    this.#drawn = ""
    this.element.hidden = name === null
  }

  /** @param {RunOutput} run */
  show({ session, live }) {
    const name = this.#name
    this.#showStopNote(name !== null && live)
    const state = session?.state ?? "none"
    if (name === null || this.#drawn === state)
      return
    this.#drawn = state
    const { word, about } = sessionMark(state)
    this.element.className = `session-mark session-mark-${state}`
    this.element.title = `Session ${name}. ${about}`
    fill(this.element, icon(state === "lost" ? PackageX : Package, 14), element("span", { class: "session-mark-name" }, name), word && element("span", { class: "session-mark-word" }, word))
  }
  /** @param {boolean} isTrue */
  #showStopNote(isTrue) {
    if (this.stopNote.hidden !== isTrue)
      return
    this.stopNote.hidden = !isTrue
    fill(this.stopNote, ...isTrue
      ? ["Both keep the session’s variables. A program that goes on for 2 s after ", element("strong", {}, "Stop"), " is ended with them."]
      : [])
  }
}
