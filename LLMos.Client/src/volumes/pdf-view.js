import { element } from "../ui/element.js"
import { visible } from "../ui/format.js"

/** @import { OpenFile } from "./open-file.js" */
/** @import { FileView } from "./file-views.js" */

/** A PDF in the browser's own viewer, which runs nothing of it in the page's name. @param {OpenFile} file @returns {Promise<FileView>} */
export async function pdfView(file) {
  if (!navigator.pdfViewerEnabled) {
    return { element: element("div", { class: "file-note" },
      element("p", {}, "This browser shows no PDF inside of a page."),
      element("a", { class: "button", href: file.volumes.client.downloadAddress(file.path), download: true }, "Download")) }
  }
  // With this type it is taken for a PDF whatever it is, and for nothing else.
  const address = URL.createObjectURL(new Blob([/** @type {Blob} */ (file.blob)], { type: "application/pdf" }))
  const frame = element("iframe", { class: "pdf-view", title: visible(file.name), src: `${address}#navpanes=0`, referrerpolicy: "no-referrer" })
  return { element: frame, dispose: () => URL.revokeObjectURL(address) }
}
