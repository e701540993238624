import { Download, Maximize2 } from "lucide"
import { element } from "./element.js"
import { icon } from "./icon.js"
import { openDialog } from "./dialog.js"

/** A picture that opens large and can be saved. @param {Blob} blob @param {string} name e.g. "Figure 1" */
export function picture(blob, name) {
  const address = URL.createObjectURL(blob)
  const extension = blob.type === "image/svg+xml" ? "svg" : "png"
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
  return { element: figure, dispose: () => URL.revokeObjectURL(address) }
}

/** @param {string} base64 @param {string} type */
export function blobFromBase64(base64, type) {
  const binary = atob(base64)
  const content = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1)
    content[index] = binary.charCodeAt(index)
  return new Blob([content], { type })
}
