import { ArrowUpRight, Lightbulb } from "lucide"
import { element } from "../ui/element.js"
import { icon } from "../ui/icon.js"

/** @import { ErrorCause, RunError } from "../contracts/runs.js" */
/** @import { BlockDelegate, BlockView } from "./output-blocks.js" */

const relations = { cause: "Caused by", handling: "While handling", member: "One of them" }

/** @param {any} block @param {BlockDelegate} delegate @returns {BlockView} */
export function errorView({ value }, delegate) {
  /** @type {RunError} */
  const { name, message, line, lineText, traceback, hint, causes } = value

  return {
    element: element("section", { class: "error", "aria-label": `Error: ${name}` },
      element("header", {}, title(name, message), lineLink(line, delegate)),
      lineText && element("code", { class: "error-line" }, lineText),
      hint && element("p", { class: "error-hint" }, icon(Lightbulb, 15), element("span", {}, hint)),
      causes && causes.length > 0 && element("ul", { class: "error-causes" }, ...causes.map((cause) => causeItem(cause, delegate))),
      traceback && element("details", { open: true },
        element("summary", {}, "Traceback"),
        element("pre", { tabindex: 0 }, traceback.trimEnd()))),
  }
}

/** @param {ErrorCause} cause @param {BlockDelegate} delegate */
function causeItem({ name, message, line, lineText, relation }, delegate) {
  return element("li", {},
    element("header", {}, title(name, message, relations[relation] ?? relations.cause), lineLink(line, delegate)),
    lineText && element("code", { class: "error-line" }, lineText))
}

/** @param {string} name @param {string} message @param {string} [relation] */
function title(name, message, relation) {
  return element("p", { class: "error-title" },
    relation && element("span", { class: "error-relation" }, `${relation} `), element("strong", {}, name), message && `: ${message}`)
}

/** @param {number | null} line @param {BlockDelegate} delegate */
function lineLink(line, delegate) {
  return line !== null && element("button", { class: "button small line-link", type: "button", onclick: () => delegate.lineChosen(line) },
    `Line ${line}`, icon(ArrowUpRight, 13))
}
