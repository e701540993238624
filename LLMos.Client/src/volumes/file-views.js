/** @import { OpenFile } from "./open-file.js" */

/** @typedef {{ element: HTMLElement, about?: string, dispose?: () => void }} FileView */
/**
 * How a run's output is shown, which notebooks and Markdown share.
 * @typedef {object} RichViews
 * @property {(data: Record<string, string>, figure: number) => Promise<{ element: HTMLElement, dispose?: () => void }>} display
 * @property {(text: string) => Promise<HTMLElement>} markdown
 */
/** @typedef {(file: OpenFile, rich: RichViews) => Promise<FileView>} Viewer */

/** By kind; each is loaded when the first file of it is opened. @type {Record<string, () => Promise<Viewer>>} */
const viewers = {
  image: async () => (await import("./image-view.js")).imageView,
  pdf: async () => (await import("./pdf-view.js")).pdfView,
  table: async () => (await import("./table-view.js")).tableView,
  markdown: async () => (await import("./markdown-view.js")).markdownView,
  notebook: async () => (await import("./notebook-view.js")).notebookView,
}

/** Whether a file of this kind is shown by more than its text. @param {string} kind */
export function hasPreview(kind) {
  return Object.hasOwn(viewers, kind)
}

/** @param {OpenFile} file @param {RichViews} rich @returns {Promise<FileView>} */
export async function previewOf(file, rich) {
  return (await viewers[file.kind]())(file, rich)
}
