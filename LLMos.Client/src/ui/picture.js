import { Download, Maximize2 } from "lucide"
import { cleanSvg } from "./clean-markup.js"
import { element } from "./element.js"
import { icon } from "./icon.js"
import { openDialog } from "./dialog.js"

/** What browsers show; SVG last, as a program that offers both drew the other for a page. */
const bitmaps = /** @type {const} */ ({ "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp" })

/** @typedef {{ address: string, extension: string, dispose: () => void }} Shown */

/** The picture of a MIME bundle; null when there is none, or none that can be read. @param {Record<string, string>} data @returns {Shown | null} */
export function pictureOf(data) {
  for (const [type, extension] of Object.entries(bitmaps)) {
    const blob = type in data && blobFromBase64(data[type], type)
    if (blob) {
      const address = URL.createObjectURL(blob)
      return { address, extension, dispose: () => URL.revokeObjectURL(address) }
    }
  }
  // As data, which has no origin: opened by itself it can do nothing in the page's name.
  const svg = "image/svg+xml" in data && cleanSvg(data["image/svg+xml"])
  return svg ? { address: `data:image/svg+xml,${encodeURIComponent(svg)}`, extension: "svg", dispose: () => {} } : null
}

/** A picture that opens large and can be saved. @param {Shown} shown @param {string} name e.g. "Figure 1" */
export function picture({ address, extension, dispose }, name) {
  const fileName = `${name.toLowerCase().replaceAll(" ", "-")}.${extension}`

  const image = element("img", { src: address, alt: `${name}, drawn by the program` })
  const size = element("span", { class: "figure-size" })
  image.addEventListener("load", () => {
    size.textContent = `${image.naturalWidth} × ${image.naturalHeight}`
  })
  const open = () => openDialog(name, null, element("img", { class: "picture-large", src: address, alt: image.alt }))

  const figure = element("figure", { class: "figure" },
    element("button", { class: "figure-open", type: "button", "aria-label": `Open ${name} large`, onclick: open }, image),
    element("figcaption", {},
      element("span", {}, name), size,
      element("span", { class: "figure-deeds" },
        element("button", { class: "button quiet small", type: "button", onclick: open }, icon(Maximize2, 14), "Enlarge"),
        element("a", { class: "button quiet small", href: address, download: fileName }, icon(Download, 14), "Save"))))
  return { element: figure, dispose }
}

/** @param {string} base64 @param {string} type @returns {Blob | null} null when it is none */
function blobFromBase64(base64, type) {
  let binary
  try {
    binary = atob(base64)
  } catch {
    return null
  }
  const content = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1)
    content[index] = binary.charCodeAt(index)
  return new Blob([content], { type })
}
