import { CircleAlert, X } from "lucide"
import { element } from "./element.js"
import { icon } from "./icon.js"

const shownMilliseconds = 7000

/** @type {HTMLElement | null} */
let stack = null

/** Says one sentence at the edge of the page, once at a time; an error stays until it is closed or taken back. @param {string} sentence @param {"info" | "error"} [tone] @param {{ label: string, chosen: () => void }} [deed] */
export function toast(sentence, tone = "info", deed) {
  stack ??= document.body.appendChild(element("div", { class: "toasts", role: "region", "aria-label": "Messages" }))
  // A modal dialog lies in the top layer; only a popover shown after it lies above.
  stack.popover = "manual"
  stack.hidePopover()
  stack.showPopover()

  takeBack(sentence)
  const message = element("div", { class: `toast toast-${tone}`, role: tone === "error" ? "alert" : "status" },
    tone === "error" && icon(CircleAlert),
    element("span", {}, sentence),
    deed && element("button", { class: "button small", type: "button", onclick: () => (message.remove(), deed.chosen()) }, deed.label),
    element("button", { class: "button quiet square", type: "button", "aria-label": "Close message", onclick: () => message.remove() }, icon(X)))
  while (stack.children.length > 3)
    stack.firstElementChild?.remove()
  stack.append(message)
  if (tone === "info")
    setTimeout(() => message.remove(), shownMilliseconds)
}

/** Closes what says this: its cause is gone. @param {string} sentence */
export function takeBack(sentence) {
  for (const message of [...stack?.children ?? []]) {
    if (message.querySelector("span")?.textContent === sentence)
      message.remove()
  }
}
