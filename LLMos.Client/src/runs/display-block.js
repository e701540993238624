import { Check, Copy } from "lucide"
import { copyText } from "../ui/copy-text.js"
import { element, fill } from "../ui/element.js"
import { htmlFrame } from "../ui/html-frame.js"
import { icon } from "../ui/icon.js"
import { picture, pictureOf } from "../ui/picture.js"
import { watchTheme } from "../ui/theme.js"
import { latexElement, markdownElement, plainText } from "./typeset-view.js"

/** @import { MimeBundle } from "../contracts/runs.js" */
/** @import { BlockView } from "./output-blocks.js" */

const copiedMilliseconds = 1200
const maxHtmlCharacters = 2_000_000

/** The richest form of a bundle that the page can show. @param {any} block @returns {BlockView} */
export function displayView({ kind, value: { data, figure } }) {
  const view = richest(data, figure)
  const label = kind === "result" ? "Result" : null
  const copyable = view.copied ?? data["text/plain"] ?? data["text/markdown"]

  if (view.isPicture)
    return view
  return {
    ...view,
    element: element("section", { class: `display display-${kind}`, "aria-label": label ?? "Display" },
      element("header", {},
        element("span", { class: "display-label" }, label, view.about && element("span", { class: "display-about" }, view.about)),
        copyable && copyButton(copyable)),
      view.element),
  }
}

/** @typedef {BlockView & { about?: string, isPicture?: boolean, copied?: string }} RichView */

/** @param {MimeBundle} data @param {number | null} figure @returns {RichView} */
function richest(data, figure) {
  const plain = data["text/plain"] ?? ""
  const framed = "text/html" in data && data["text/html"].length <= maxHtmlCharacters && htmlView(data["text/html"])
  if (framed)
    return framed
  const shown = pictureOf(data)
  if (shown)
    return { ...picture(shown, `Figure ${figure}`), isPicture: true }
  if ("text/latex" in data)
    return { element: latexElement(data["text/latex"], plain || data["text/latex"]), about: "Formula" }
  if ("text/markdown" in data)
    return { element: markdownElement(data["text/markdown"]), about: "Markdown", copied: data["text/markdown"] }
  const json = "application/json" in data && treeOf(data["application/json"], plain)
  return json ? { element: plainText(json), about: "JSON" } : { element: plainText(plain) }
}

/** @param {string} html @returns {RichView | null} null when there is nothing to see, as of a figure that its scripts draw */
function htmlView(html) {
  const frame = htmlFrame(html)
  if (!frame)
    return null
  const stopWatching = watchTheme(frame.paint)
  return { element: frame.element, about: frame.about, dispose: stopWatching }
}

/** What has names is read better as JSON, line by line; numbers and rows of them as the program wrote them. @param {string} json @param {string} plain @returns {string | null} */
function treeOf(json, plain) {
  try {
    const value = JSON.parse(json)
    return plain === "" || plain.startsWith("<") || hasNames(value) ? JSON.stringify(value, null, 2) : null
  } catch {
    return json
  }
}

/** @param {unknown} value @returns {boolean} */
function hasNames(value) {
  return Array.isArray(value) ? value.some(hasNames) : typeof value === "object" && value !== null && Object.keys(value).length > 0
}

/** @param {string} text */
function copyButton(text) {
  const button = element("button", {
    class: "button quiet small",
    type: "button",
    onclick: async () => {
      const copied = await copyText(text)
      fill(button, icon(copied ? Check : Copy, 14), copied ? "Copied" : "Could not copy")
      setTimeout(rest, copiedMilliseconds)
    },
  })
  const rest = () => fill(button, icon(Copy, 14), "Copy text")
  rest()
  return button
}
