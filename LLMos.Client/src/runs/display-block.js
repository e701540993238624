import { Check, Copy } from "lucide"
import { copyText } from "../ui/copy-text.js"
import { element, fill } from "../ui/element.js"
import { htmlFrame } from "../ui/html-frame.js"
import { icon } from "../ui/icon.js"
import { blobFromBase64, picture } from "../ui/picture.js"
import { watchTheme } from "../ui/theme.js"

/** @import { MimeBundle } from "../contracts/runs.js" */
/** @import { BlockView } from "./output-blocks.js" */

const copiedMilliseconds = 1200

/** The richest form of a bundle that the page can show. @param {any} block @returns {BlockView} */
export function displayView({ kind, value: { data, figure } }) {
  const view = richest(data, figure)
  const isPicture = figure !== null && !("text/html" in data)
  const label = kind === "result" ? "Result" : null
  const copyable = data["text/plain"] ?? data["text/markdown"]

  if (isPicture)
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

/** @param {MimeBundle} data @param {number | null} figure @returns {BlockView & { about?: string }} */
function richest(data, figure) {
  if ("text/html" in data)
    return htmlView(data["text/html"])
  if ("image/png" in data)
    return picture(blobFromBase64(data["image/png"].replaceAll("\n", ""), "image/png"), `Figure ${figure}`)
  if ("image/svg+xml" in data)
    return picture(new Blob([data["image/svg+xml"]], { type: "image/svg+xml" }), `Figure ${figure}`)
  if ("application/json" in data)
    return { element: element("pre", { class: "rich-text", tabindex: 0 }, indented(data["application/json"])), about: "JSON" }
  return { element: element("pre", { class: "rich-text", tabindex: 0 }, data["text/markdown"] ?? data["text/plain"] ?? "") }
}

/** @param {string} html @returns {BlockView & { about?: string }} */
function htmlView(html) {
  const frame = htmlFrame(html)
  const stopWatching = watchTheme(frame.paint)
  return { element: frame.element, about: frame.about, dispose: stopWatching }
}

/** @param {string} json */
function indented(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
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
