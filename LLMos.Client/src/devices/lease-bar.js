import { timeFrom } from "../connection/time.js"
import { element, fill } from "../ui/element.js"
import { clock, count, visible } from "../ui/format.js"

/** @import { OpenDevice } from "./open-device.js" */

/** @typedef {import("../contracts/accounts.js").Account} Person */
/** @typedef {{ takeAsked(reason: string, takeOver: boolean): void, waitAsked(reason: string): void, stopWaitingAsked(): void, giveBackAsked(): void }} LeaseBarDelegate */

/** Says who has the device, and what one may do about it. */
export class LeaseBar {
  /** @param {Person} person @param {LeaseBarDelegate} delegate */
  constructor(person, delegate) {
    this.person = person
    this.words = element("span", { class: "lease-words", role: "status" })
    this.reason = element("input", { class: "field small", type: "text", placeholder: "What for? (optional)", "aria-label": "What for", maxlength: 200, autocomplete: "off" })
    this.take = this.#button("Take", "primary", () => delegate.takeAsked(this.reason.value, false))
    this.wait = this.#button("Wait in line", "primary", () => delegate.waitAsked(this.reason.value))
    this.takeOver = this.#button("Take over", "", () => delegate.takeAsked(this.reason.value, true))
    this.stopWaiting = this.#button("Stop waiting", "", () => delegate.stopWaitingAsked())
    this.giveBack = this.#button("Give back", "", () => delegate.giveBackAsked())
    this.element = element("div", { class: "lease-bar" }, this.words, this.reason, this.take, this.wait, this.takeOver, this.stopWaiting, this.giveBack)
  }

  /** @param {OpenDevice} device */
  show({ summary, lease }) {
    const { lease: held, state, waiting } = summary
    const [isMine, isWaiting, mayWrite] = [lease.id !== null, lease.isWaiting, this.person.role !== "viewer"]
    const isFree = state === "ready" && !held && !isWaiting
    this.take.hidden = !mayWrite || !isFree || isMine
    this.wait.hidden = !mayWrite || !held || isMine || isWaiting
    this.takeOver.hidden = !mayWrite || !held || isMine || !(this.person.role === "administrator" || held.holder.split(",")[0] === this.person.user)
    this.stopWaiting.hidden = !isWaiting
    this.giveBack.hidden = !isMine
    this.reason.hidden = [this.take, this.wait, this.takeOver].every(({ hidden }) => hidden)
    this.element.dataset.tone = isMine ? "mine" : held ? "taken" : "free"
    const words = this.#sentences(summary, isMine, isWaiting, waiting).join(" ")
    if (this.words.textContent !== words)
      fill(this.words, words)
  }

  /** @param {import("../contracts/devices.js").DeviceSummary} summary @param {boolean} isMine @param {boolean} isWaiting @param {string[]} waiting @returns {string[]} */
  #sentences({ lease, state, settings }, isMine, isWaiting, waiting) {
    const queue = waiting.length > 0 ? [`${count(waiting.length, "person waits", "people wait")}: ${waiting.map(visible).join(", ")}.`] : []
    if (isMine && state !== "ready")
      return [state === "away" ? "Its lender's connection is lost for the moment." : "It is not connected.", "You have it still."]
    if (isMine)
      return [lease?.mode === "flash" ? "You are flashing it." : `You have it: what you send goes to the board at ${settings.baudRate} baud.`, ...queue]
    const who = lease && `${visible(lease.holder)} ${lease.mode === "flash" ? "is flashing it" : "has it"} since ${clock(timeFrom(lease.since))}${lease.reason ? ` (${visible(lease.reason)})` : ""}.`
    if (isWaiting) {
      const place = waiting.indexOf(this.person.user) + 1
      return [who ?? "", place > 0 ? `You are number ${place} in line.` : "You are in line."]
    }
    if (state === "absent")
      return ["It is not connected. What it said is kept below; it goes on by itself when it is plugged in again."]
    if (state === "away")
      return ["Its lender's connection is lost for the moment."]
    if (state === "removed")
      return ["It was removed."]
    if (who)
      return [who, "You see all that happens.", ...queue]
    return [this.person.role === "viewer" ? "Nobody has it. Your role is viewer: you may watch." : "Nobody has it. Take it to write to it; everybody else goes on watching."]
  }

  /** @param {string} words @param {string} look @param {() => void} chosen */
  #button(words, look, chosen) {
    return element("button", { class: `button small ${look}`.trim(), type: "button", hidden: true, onclick: chosen }, words)
  }
}
