import { element } from "./element.js"
import { menuItems, moveFocus } from "./menu.js"

/** @import { MenuItem } from "./menu.js" */

const edge = 6

/** A menu at a place of the window, which goes when something is chosen, at Escape and at a click elsewhere. @param {string} label @param {(MenuItem | "line" | Node)[]} items @param {{ x: number, y: number }} at */
export function openContextMenu(label, items, { x, y }) {
  if (items.length === 0)
    return
  const before = /** @type {HTMLElement | null} */ (document.activeElement)
  const panel = element("div", { class: "menu popover", role: "menu", "aria-label": label, popover: "auto" })
  panel.append(...menuItems(items, () => panel.hidePopover()))
  panel.addEventListener("keydown", (event) => moveFocus(panel, event))
  panel.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "closed") {
      panel.remove()
      if (document.activeElement === document.body)
        before?.focus({ preventScroll: true })
    }
  })
  document.body.append(panel)
  panel.showPopover()
  panel.style.left = `${Math.max(edge, Math.min(x, innerWidth - panel.offsetWidth - edge))}px`
  panel.style.top = `${Math.max(edge, Math.min(y, innerHeight - panel.offsetHeight - edge))}px`
  const first = /** @type {HTMLElement | null} */ (panel.querySelector(".menu-item"))
  first?.focus()
}
