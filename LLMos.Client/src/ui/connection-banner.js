import { WifiOff } from "lucide"
import { element } from "./element.js"
import { icon } from "./icon.js"

const patienceMilliseconds = 600

/** Says that the connection is gone, if it stays gone for longer than a blink. */
export class ConnectionBanner {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {() => void} retryAsked */
  constructor(retryAsked) {
    this.words = element("span", { role: "status" })
    this.retry = element("button", { class: "button small", type: "button", onclick: retryAsked }, "Try now")
    this.element = element("div", { class: "banner", hidden: true }, icon(WifiOff), this.words, this.retry)
  }

  lost() {
    this.#timer ??= setTimeout(() => {
      this.element.hidden = false
      this.words.textContent = navigator.onLine ? "Reconnecting…" : "You are offline. The page reconnects when the network is back."
    }, navigator.onLine ? patienceMilliseconds : 0)
  }

  back() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.element.hidden = true
    this.words.textContent = ""
  }
}
