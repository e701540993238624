import { Code, Download, Eye, History, Save } from "lucide"
import { element, fill } from "../ui/element.js"
import { visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"

/** @typedef {{ saveAsked(): void, historyAsked(): void, previewAsked(): void }} FileBarDelegate */

const saveKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘S" : "Ctrl S"

/** The line above a file: where it lies, its state, what can be done. */
export class FileBar {
  /** @param {FileBarDelegate} delegate */
  constructor(delegate) {
    this.path = element("span", { class: "file-path" })
    this.words = element("span", { class: "file-words", role: "status" })
    this.preview = element("button", { class: "button quiet small", type: "button", onclick: () => delegate.previewAsked() })
    this.history = element("button", { class: "button quiet small square", type: "button", title: "History", "aria-label": "History", onclick: () => delegate.historyAsked() }, icon(History, 15))
    this.download = element("a", { class: "button quiet small square", title: "Download", "aria-label": "Download", download: true }, icon(Download, 15))
    this.save = element("button", { class: "button small", type: "button", "aria-keyshortcuts": "Control+S", onclick: () => delegate.saveAsked() },
      icon(Save, 14), "Save", element("kbd", { class: "wide-only" }, saveKeys))
    this.element = element("div", { class: "file-bar" }, this.path, this.words, element("span", { class: "spring" }), this.preview, this.history, this.download, this.save)
  }

  /** @param {string} path @param {string} downloadAddress */
  showPath(path, downloadAddress) {
    this.path.title = visible(path)
    fill(this.path, ...path.split("/").slice(0, -1).flatMap((name, index) => [index > 0 && " / ", element("bdi", {}, visible(name))]))
    this.download.href = downloadAddress
  }

  /** @param {{ words: string, isDirty: boolean, mayWrite: boolean, hasHistory: boolean, mode: "preview" | "source" | null }} state mode: null when there is but one */
  show({ words, isDirty, mayWrite, hasHistory, mode }) {
    if (this.words.textContent !== words)
      this.words.textContent = words
    this.save.hidden = !mayWrite
    this.save.disabled = !isDirty
    this.history.hidden = !hasHistory
    this.preview.hidden = mode === null
    fill(this.preview, icon(mode === "source" ? Eye : Code, 14), mode === "source" ? "Preview" : "Source")
  }
}
