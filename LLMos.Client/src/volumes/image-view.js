import { cleanSvg } from "../ui/clean-markup.js"
import { element } from "../ui/element.js"
import { visible } from "../ui/format.js"
import { extensionOf } from "./file-kind.js"

/** @import { OpenFile } from "./open-file.js" */

/** @type {Record<string, string>} */
const types = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", bmp: "image/bmp", ico: "image/x-icon", avif: "image/avif" }

/** A picture. SVG, too, is only ever the source of an image, where no script of it runs. @param {OpenFile} file */
export async function imageView(file) {
  const extension = extensionOf(file.name)
  const blob = /** @type {Blob} */ (file.blob)
  // SVG as data, which has no origin: opened by itself it can do nothing in the page's name.
  const address = extension === "svg" ? `data:image/svg+xml,${encodeURIComponent(cleanSvg(await blob.text()) ?? "")}` : URL.createObjectURL(new Blob([blob], { type: types[extension] }))
  const image = element("img", { src: address, alt: visible(file.name) })
  const size = element("figcaption", { class: "image-size" })
  image.addEventListener("load", () => {
    size.textContent = `${image.naturalWidth} × ${image.naturalHeight}`
  })
  image.addEventListener("error", () => {
    size.textContent = "This is not a picture that the browser can show."
    image.hidden = true
  })
  return { element: element("figure", { class: "image-view" }, image, size), dispose: () => URL.revokeObjectURL(address) }
}
