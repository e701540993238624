import { X } from "lucide"
import { element } from "./element.js"
import { icon } from "./icon.js"

/**
 * Shows a modal dialog until it is closed; then the focus returns to where it was.
 * @param {string} title @param {string | null} introduction @param {...Node} content
 */
export function openDialog(title, introduction, ...content) {
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "dialog-title" },
    element("header", { class: "dialog-header" },
      element("h2", { id: "dialog-title" }, title),
      element("button", { class: "button quiet square", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon(X))),
    introduction && element("p", { class: "dialog-introduction" }, introduction),
    ...content)

  dialog.addEventListener("close", () => dialog.remove())
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && isOutside(dialog, event))
      dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

/** @param {HTMLElement} box @param {PointerEvent} event */
function isOutside(box, event) {
  const { left, right, top, bottom } = box.getBoundingClientRect()
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom
}
