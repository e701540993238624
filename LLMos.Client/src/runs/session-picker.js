import { Package, PackageOpen } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { attachPopover } from "../ui/popover.js"
import { sessionStanding } from "./session-words.js"

/** @import { Sessions } from "./sessions.js" */

/** Beside Run: whether the next run's variables are kept, and in which session; the list of them behind it. */
export class SessionPicker {
  /** @type {Promise<void> | null} */
  #content = null

  /** @param {Sessions} sessions @param {boolean} canRun */
  constructor(sessions, canRun) {
    this.sessions = sessions
    this.button = element("button", { class: "button session-button", type: "button", hidden: !canRun, "data-testid": "session" })
    this.panel = element("div", { class: "sessions", role: "dialog", "aria-label": "Session of the next run" })
    this.element = element("div", { class: "anchor" }, this.button)
    attachPopover(this.button, this.panel, () => this.#open())
    sessions.watch(() => this.#tell())
    this.#tell()
  }

  #open() {
    void this.sessions.refresh()
    this.#content ??= import("./session-panel.js").then(({ SessionPanel }) => {
      const content = new SessionPanel(this.sessions, this.panel, this.button)
      fill(this.panel, content.element)
      if (this.panel.matches(":popover-open"))
        content.focus()
    })
  }

  #tell() {
    const { name } = this.sessions.choice
    const standing = name ? sessionStanding(name, this.sessions.chosen) : "No session: the variables of a run end with it"
    this.button.classList.toggle("session-chosen", name !== null)
    this.button.title = standing
    this.button.setAttribute("aria-label", `${standing}. Session of the next run`)
    fill(this.button, icon(name ? Package : PackageOpen), element("span", { class: "session-button-name" }, name ?? "No session"))
  }
}
