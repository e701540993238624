import { element } from "../ui/element.js"
import { bytes, visible } from "../ui/format.js"
import { shapeWords } from "./session-variables.js"

/** @import { SessionVariable } from "../contracts/runs.js" */

/**
 * A row on one line, or opened with all of its text.
 * @param {SessionVariable} variable @param {Set<string>} open names of the opened ones
 */
export function variableRow({ name, type, shape, repr, bytes: size }, open) {
  const toggle = element("button", { class: "variable-name", type: "button", tabindex: -1, "data-name": name }, element("bdi", {}, visible(name) || "(no name)"))
  const row = element("tr", {
    onclick: () => {
      if (getSelection()?.isCollapsed === false)
        return
      set(!open.has(name))
    },
  },
  element("th", { scope: "row" }, toggle),
  element("td", { class: "variable-type" }, element("bdi", {}, visible(type))),
  element("td", { class: "variable-shape" }, shapeWords(shape)),
  element("td", { class: "variable-value" }, element("bdi", {}, visible(repr))),
  element("td", { class: "variable-size" }, size === null || size === undefined ? "" : bytes(size)))

  /** @param {boolean} opened */
  const set = (opened) => {
    if (opened)
      open.add(name)
    else
      open.delete(name)
    row.classList.toggle("variable-open", opened)
    toggle.setAttribute("aria-expanded", String(opened))
  }
  set(open.has(name))
  return row
}
