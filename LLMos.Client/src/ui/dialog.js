import { X } from "lucide"
import { element } from "./element.js"
import { icon } from "./icon.js"

let opened = 0

/**
 * Shows a modal dialog until it is closed; then the focus returns to where it was.
 * @param {string} title @param {string | null} introduction @param {...Node} content
 */
export function openDialog(title, introduction, ...content) {
  const titleId = `dialog-title-${++opened}`
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": titleId },
    element("div", { class: "dialog-header" },
      element("h2", { id: titleId }, title),
      element("button", { class: "button quiet square", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon(X))),
    introduction && element("p", { class: "dialog-introduction" }, introduction),
    ...content)

  dialog.addEventListener("close", () => dialog.remove())
  // While it works at something, only its own buttons close it.
  dialog.addEventListener("cancel", (event) => "busy" in dialog.dataset && event.preventDefault())
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !("busy" in dialog.dataset) && isOutside(dialog, event))
      dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

/** Asks before something that cannot be undone. @param {string} question @param {string} consequence @param {string} deed words of the button @param {() => void} agreed */
export function openConfirmation(question, consequence, deed, agreed) {
  const dialog = openDialog(question, consequence, element("div", { class: "dialog-deeds" },
    element("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel"),
    element("button", { class: "button danger", type: "button", autofocus: true, onclick: () => {
      dialog.close()
      agreed()
    } }, deed)))
  dialog.classList.add("dialog-small")
  return dialog
}

/** @param {HTMLElement} box @param {PointerEvent} event */
function isOutside(box, event) {
  const { left, right, top, bottom } = box.getBoundingClientRect()
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom
}
