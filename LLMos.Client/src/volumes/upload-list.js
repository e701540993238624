import { Check, CircleAlert, X } from "lucide"
import { openDialog } from "../ui/dialog.js"
import { labelledSelect } from "../ui/form.js"
import { element, fill } from "../ui/element.js"
import { bytes, count, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { nameOf, parentOf } from "./volume-paths.js"

/** @import { Upload, Uploads } from "./uploads.js" */

const maxShown = 30

/** @type {[string, string][]} As zips of such computers have their names. */
const encodings = [
  ["shift_jis", "Japanese"], ["gbk", "Chinese, simplified"], ["big5", "Chinese, traditional"], ["euc-kr", "Korean"], ["cp866", "Russian"], ["cp852", "Polish, Czech, Hungarian"],
  ["cp737", "Greek"], ["cp857", "Turkish"], ["cp850", "Western Europe"], ["windows-1252", "Western Europe, Windows"], ["windows-1251", "Russian, Windows"],
]

/** How far the uploads are, and what went wrong with which. */
export class UploadList {
  #frame = 0

  constructor() {
    this.words = element("span", { class: "upload-words", role: "status" })
    this.bar = element("progress", { "aria-label": "Upload" })
    this.button = element("button", { class: "button quiet small square", type: "button" }, icon(X, 14))
    this.rows = element("ul", { class: "upload-rows" })
    this.element = element("section", { class: "uploads", "aria-label": "Uploads", hidden: true },
      element("header", {}, this.words, this.button), this.bar, this.rows)
  }

  /** @param {Uploads} uploads */
  show(uploads) {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#draw(uploads)
    })
  }

  /** @param {Uploads} uploads */
  #draw(uploads) {
    const { all, isBusy } = uploads
    const of = (/** @type {string} */ state) => all.filter((upload) => upload.state === state)
    const [done, failed, skipped] = [of("done").reduce((sum, { files }) => sum + files, 0), of("failed"), of("skipped").length]
    const leftOut = all.reduce((sum, upload) => sum + upload.leftOut.length + upload.leftOutOmitted, 0)
    this.element.hidden = all.length === 0
    this.words.textContent = isBusy
      ? `${done} of ${count(all.length, "file")}, ${bytes(all.reduce((sum, { sent }) => sum + sent, 0))}`
      : [`${count(done, "file")} uploaded`, leftOut && `${leftOut} left out`, skipped && `${skipped} skipped`, failed.length && `${failed.length} failed`].filter(Boolean).join(", ")
    this.bar.hidden = !isBusy
    this.bar.max = Math.max(1, all.reduce((sum, { content }) => sum + content.size, 0))
    this.bar.value = all.reduce((sum, { sent, state, content }) => sum + (state === "failed" || state === "skipped" ? content.size : Math.min(sent, content.size)), 0)
    this.button.title = isBusy ? "Cancel" : "Close"
    this.button.setAttribute("aria-label", isBusy ? "Cancel uploads" : "Close uploads")
    this.button.onclick = () => isBusy ? uploads.cancel() : uploads.clear()
    fill(this.rows, ...[...failed, ...of("sending"), ...of("asking")].slice(0, maxShown).map(row), ...all.flatMap((upload) => upload.leftOut).slice(0, maxShown).map(leftOutRow))
  }
}

/** @param {Upload} upload */
function row({ path, content, isZip, sent, state, problem }) {
  const share = content.size ? Math.floor(Math.min(1, sent / content.size) * 100) : 0
  return element("li", { class: `upload upload-${state}`, title: visible(path) },
    icon(state === "failed" ? CircleAlert : Check, 13),
    element("bdi", { class: "upload-name" }, visible(nameOf(path))),
    element("span", { class: "upload-state" }, state === "failed" ? problem : state === "asking" ? "waits for your answer" : isZip && share === 100 ? "unpacking" : `${share} %`))
}

/** @param {{ name: string, reason: string }} entry of a zip */
function leftOutRow({ name, reason }) {
  return element("li", { class: "upload upload-left-out", title: visible(name) },
    icon(CircleAlert, 13), element("bdi", { class: "upload-name" }, visible(nameOf(name))), element("span", { class: "upload-state" }, `left out: ${reason}`))
}

/** Asks how the names in a zip are written. @param {Upload} upload @returns {Promise<string | null>} null: nobody knows */
export function askAboutNames({ content }) {
  return new Promise((resolve) => {
    const { select, element: field } = labelledSelect("Made on a computer set to", encodings)
    /** @type {string | null} */
    let answer = null
    const dialog = openDialog("Which language are the names in?", null,
      element("p", { class: "dialog-introduction" }, "The zip ", element("bdi", {}, visible(/** @type {File} */ (content).name ?? "")), " does not say how the names in it are written."),
      field,
      element("div", { class: "dialog-deeds" },
        element("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Skip"),
        element("button", { class: "button primary", type: "button", autofocus: true, onclick: () => ((answer = select.value), dialog.close()) }, "Import")))
    dialog.classList.add("dialog-small")
    dialog.addEventListener("close", () => resolve(answer))
  })
}

/** Asks what to do about names that are taken. @param {Upload} upload @param {boolean} hasMore @returns {Promise<{ answer: "replace" | "skip", forAll: boolean }>} */
export function askAboutConflict({ path, isZip }, hasMore) {
  return new Promise((resolve) => {
    const forAll = element("input", { type: "checkbox" })
    /** @type {"replace" | "skip"} */
    let answer = "skip"
    const choose = (/** @type {"replace" | "skip"} */ chosen) => () => {
      answer = chosen
      dialog.close()
    }
    const taken = isZip
      ? ["Some of what is in the zip is in ", element("bdi", {}, visible(path)), "/ already."]
      : [element("bdi", {}, visible(nameOf(path))), " is in ", element("bdi", {}, visible(parentOf(path))), "/ already."]
    const dialog = openDialog(isZip ? "Replace the files?" : "Replace the file?", null,
      element("p", { class: "dialog-introduction" }, ...taken, " What is there stays in its history."),
      element("label", { class: "upload-for-all", hidden: !hasMore }, forAll, "Do the same for the others"),
      element("div", { class: "dialog-deeds" },
        element("button", { class: "button", type: "button", onclick: choose("skip") }, "Skip"),
        element("button", { class: "button primary", type: "button", autofocus: true, onclick: choose("replace") }, "Replace")))
    dialog.classList.add("dialog-small")
    dialog.addEventListener("close", () => resolve({ answer, forAll: forAll.checked }))
  })
}
