import { element } from "../ui/element.js"

/** @import { OpenFile } from "./open-file.js" */
/** @import { RichViews } from "./file-views.js" */

/** Markdown as it is meant; HTML in it stays text. @param {OpenFile} file @param {RichViews} rich */
export async function markdownView(file, rich) {
  return { element: element("article", { class: "markdown-view", tabindex: 0 }, await rich.markdown(file.text)) }
}
