import { element } from "./element.js"
import { icon } from "./icon.js"
import { attachPopover } from "./popover.js"

/** @typedef {{ label: string, icon?: import("lucide").IconNode, note?: string, checked?: () => boolean, chosen: () => void }} MenuItem */

/**
 * A menu behind a button, with the keys of a menu: arrows, Home, End, Escape.
 * @param {HTMLButtonElement} button @param {string} label @param {(MenuItem | "line" | Node)[]} items
 */
export function attachMenu(button, label, items) {
  const panel = element("div", { class: "menu", role: "menu", "aria-label": label }, ...menuItems(items, () => panel.hidePopover()))
  button.setAttribute("aria-haspopup", "menu")
  attachPopover(button, panel, () => refreshChecks(panel, items))

  // The browser gives it the focus as the menu opens; an event would come after a key that follows at once.
  choices(panel)[0]?.toggleAttribute("autofocus", true)
  panel.addEventListener("keydown", (event) => moveFocus(panel, event))
  return panel
}

/** @param {(MenuItem | "line" | Node)[]} items @param {() => void} close */
export function menuItems(items, close) {
  return items.map((item) => rendered(item, close))
}

/** @param {MenuItem | "line" | Node} item @param {() => void} close */
function rendered(item, close) {
  if (item === "line")
    return element("hr")
  if (item instanceof Node)
    return item

  return element("button", {
    class: "menu-item",
    type: "button",
    role: item.checked ? "menuitemradio" : "menuitem",
    tabindex: -1,
    onclick: () => {
      close()
      item.chosen()
    },
  }, item.icon && icon(item.icon), element("span", {}, item.label, item.note && element("small", {}, item.note)))
}

/** @param {HTMLElement} panel @param {(MenuItem | "line" | Node)[]} items */
function refreshChecks(panel, items) {
  items.forEach((item, index) => {
    if (item !== "line" && !(item instanceof Node) && item.checked)
      panel.children[index].setAttribute("aria-checked", String(item.checked()))
  })
}

/** @param {HTMLElement} panel @returns {HTMLElement[]} */
function choices(panel) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll(".menu-item"))]
}

/** @param {HTMLElement} panel @param {KeyboardEvent} event */
export function moveFocus(panel, event) {
  const all = choices(panel)
  const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement))
  const next = { ArrowDown: here + 1, ArrowUp: here - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
  if (event.key === "Tab")
    panel.hidePopover()
  if (next === undefined)
    return
  event.preventDefault()
  all[next % all.length].focus()
}
