import { CodeEditor } from "../ui/code-editor.js"
import { languageOf } from "../ui/code-languages.js"
import { element, fill } from "../ui/element.js"
import { bytes, visible } from "../ui/format.js"
import { toast } from "../ui/toast.js"
import { conflictView } from "./conflict-view.js"
import { FileBar } from "./file-bar.js"
import { extensionOf, isText } from "./file-kind.js"
import { hasPreview, previewOf } from "./file-views.js"
import { OpenFile, separatorOf } from "./open-file.js"
import { moved } from "./volume-paths.js"

/** @import { Problem } from "../connection/problem.js" */
/** @import { Change } from "../contracts/volumes.js" */
/** @import { Theirs, Unreadable } from "./open-file.js" */
/** @import { FileView, RichViews } from "./file-views.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ paneChanged(pane: FilePane): void, runAsked(): void, historyAsked(pane: FilePane): void }} FilePaneDelegate */

/** One open file: its editor or what it is shown as, its line above, and what to do when somebody else has changed it. */
export class FilePane {
  /** @type {CodeEditor | null} */
  editor = null
  /** Whether the text is another than what was last read or saved. */
  isEdited = false
  #isGone = false
  /** @type {"preview" | "source" | null} null: not chosen yet */
  #mode = null
  /** @type {FileView | null} */
  #view = null
  #conflict = false
  #notice = element("div", { class: "strip", hidden: true })
  #body = element("div", { class: "file-body" })
  /** @type {Promise<void>} */
  loaded

  /** @param {Volumes} volumes @param {string} path @param {RichViews} rich @param {FilePaneDelegate} delegate */
  constructor(volumes, path, rich, delegate) {
    this.file = new OpenFile(volumes, path)
    this.rich = rich
    this.delegate = delegate
    this.bar = new FileBar({
      saveAsked: () => void this.save(),
      historyAsked: () => delegate.historyAsked(this),
      previewAsked: () => void this.#show(this.#mode === "preview" ? "source" : "preview"),
    })
    this.element = element("section", { class: "file-pane", "aria-label": visible(this.file.name) }, this.bar.element, this.#notice, this.#body)
    this.loaded = this.#load()
  }

  /** What Run would run; null: it is no program. */
  get program() {
    return this.file.kind === "program" && this.file.state === "text" ? this.editor : null
  }

  /** Whether there is something to save. */
  get isDirty() {
    return this.isEdited || (this.#isGone && this.file.isWritable)
  }

  /** @param {number} [line] */
  focus(line) {
    if (line && this.editor)
      void this.#show("source").then(() => this.editor?.goToLine(line))
    else
      this.editor?.focus()
  }

  async save() {
    const { file, editor } = this
    if (!editor || !file.isWritable || file.saving || this.#conflict || !this.isDirty)
      return
    await this.#write(editor.text, file.tag)
  }

  /** Whether it concerns this file. @param {Change} change */
  apply(change) {
    const { file } = this
    if (change.kind === "moved" && change.from && file.path !== moved(file.path, change.from, change.path)) {
      file.path = moved(file.path, change.from, change.path)
      void languageOf(extensionOf(file.name)).then((language) => this.editor?.speak(language))
      this.#tell()
    } else if (change.kind === "removed" && file.path.startsWith(`${change.path}/`)) {
      this.#gone()
    } else if (change.path === file.path && file.state !== "loading" && file.isNews(change)) {
      change.kind === "removed" ? this.#gone() : void this.#news(change)
    }
  }

  /** Looks whether it is still the newest, after changes may have been missed. */
  async refresh() {
    if (!this.isEdited && !this.#conflict)
      await this.#load()
  }

  dispose() {
    this.#view?.dispose?.()
    this.editor?.view.destroy()
  }

  async #load() {
    const { file } = this
    await file.load()
    this.#notice.hidden = true
    this.#isGone = false
    if (file.isEditable)
      await this.#put(file.text)
    else if (file.state !== "failed")
      this.#dropEditor()
    this.isEdited = false
    const hasContent = isText(file.kind) ? file.state === "text" && file.text !== "" : file.state === "bytes"
    await this.#show(this.#mode ?? (hasPreview(file.kind) && hasContent ? "preview" : "source"))
  }

  /** Puts a text into the editor, as an edit where it can be one. @param {string} text */
  async #put(text) {
    if (this.editor && this.editor.lineSeparator === separatorOf(text)) {
      if (this.editor.text !== text)
        this.editor.replace(text)
      return
    }
    this.#dropEditor()
    await this.#makeEditor(text)
  }

  #dropEditor() {
    this.editor?.view.destroy()
    this.editor = null
  }

  /** @param {string} given */
  async #makeEditor(given) {
    const { file } = this
    const [language, hint] = [await languageOf(extensionOf(file.name)), file.isWritable ? "An empty file" : ""]
    this.editor = new CodeEditor(visible(file.name), {
      codeChanged: (text) => {
        this.isEdited = text !== file.text
        this.#tell()
      },
      runAsked: () => this.delegate.runAsked(),
    }, { language, hint, lineSeparator: separatorOf(given) })
    this.editor.show(given, file.isWritable ? "editable" : "read-only")
  }

  /** @param {"preview" | "source"} mode */
  async #show(mode) {
    const { file } = this
    this.#mode = mode
    this.#view?.dispose?.()
    this.#view = null
    if (file.state === "loading" || file.state === "failed")
      fill(this.#body, this.#asWords())
    else if (mode === "preview" && !this.#conflict)
      await this.#showPreview()
    else if (this.editor)
      fill(this.#body, element("div", { class: "file-editor" }, this.editor.element))
    else
      fill(this.#body, this.#asDownload())
    this.#tell()
  }

  async #showPreview() {
    const { file } = this
    try {
      // What is shown is what is written, saved or not.
      const shown = Object.assign(Object.create(file), { text: this.editor?.text ?? file.text })
      this.#view = await previewOf(shown, this.rich)
      fill(this.#body, this.#view.element)
    } catch {
      fill(this.#body, element("p", { class: "file-note" }, "This file cannot be shown here. Its text is under Source."))
    }
  }

  #asWords() {
    const { state, problem } = this.file
    return element("div", { class: "file-note", role: "status" },
      element("p", {}, state === "failed" ? problem : "Loading…"),
      state === "failed" && element("button", { class: "button", type: "button", onclick: () => void this.#load() }, "Try again"))
  }

  #asDownload() {
    const { file } = this
    const why = file.state === "too-large" ? "is too large to show here" : "is not text"
    return element("div", { class: "file-note" },
      element("p", {}, element("bdi", {}, visible(file.name)), ` ${why}: ${bytes(file.entry?.bytes ?? 0)}.`),
      element("a", { class: "button", href: file.volumes.client.downloadAddress(file.path), download: true }, "Download"))
  }

  /** @param {string} text @param {string | null} tag */
  async #write(text, tag) {
    const { file } = this
    const saving = file.save(text, tag)
    this.#tell()
    try {
      const meanwhile = await saving
      this.#notice.hidden = true
      this.#isGone = false
      this.isEdited = this.editor?.text !== file.text
      this.#tell()
      if (meanwhile)
        this.apply(meanwhile)
    } catch (problem) {
      this.#tell()
      if (/** @type {Problem} */ (problem).status === 412)
        await this.#compare(text)
      else
        toast(/** @type {Error} */ (problem).message, "error")
    }
  }

  /** @param {string} mine */
  async #compare(mine) {
    const { file } = this
    /** @type {Theirs | Unreadable} */
    let theirs
    try {
      theirs = await file.theirs()
    } catch (problem) {
      this.#cannotCompare(/** @type {Problem} */ (problem))
      return
    }
    if (theirs.text === null) {
      this.#choose(theirs)
    } else if (theirs.text === mine) {
      await this.#settle(mine, theirs)
    } else {
      this.#conflict = true
      this.#notice.hidden = true
      const view = await conflictView(file, mine, theirs, {
        textChosen: (text, seen) => {
          void this.#settle(text, seen).then(() => this.save())
        },
        theirsChosen: (seen) => void this.#settle(seen.text, seen),
      })
      this.#view = view
      fill(this.#body, view.element)
      this.#tell()
    }
  }

  /** @param {Problem} problem */
  #cannotCompare(problem) {
    if (problem.status === 404)
      this.#gone()
    else
      this.#notify(`What has been saved meanwhile could not be read: ${problem.message}`, { "Try again": () => void this.#compare(this.editor?.text ?? "") })
  }

  /** Theirs is nothing that could be shown beside ours. @param {Unreadable} theirs */
  #choose({ entry, why }) {
    const { author, version, tag } = entry
    this.#notify(`${visible(author?.name ?? "Somebody")} has saved version ${version} meanwhile, which ${why}. What you do not choose stays in the history.`, {
      "Use theirs": () => void this.#load(),
      "Save mine": () => void this.#write(this.editor?.text ?? "", tag ?? null),
    })
  }

  /** Goes on from their version with this text. @param {string} text @param {Theirs} theirs */
  async #settle(text, theirs) {
    this.file.take(theirs)
    this.#conflict = false
    this.#isGone = false
    this.#notice.hidden = true
    await this.#put(text)
    this.isEdited = text !== theirs.text
    await this.#show("source")
  }

  /** Somebody else has written. @param {Change} change */
  async #news({ author, version }) {
    if (this.#conflict)
      return
    if (!this.isEdited) {
      this.loaded = this.loaded.then(() => this.#renew())
      await this.loaded
    }
    if (this.isEdited)
      this.#notify(`${visible(author)} has saved version ${version} meanwhile.`, { Compare: () => void this.#compare(this.editor?.text ?? "") })
  }

  /** Shows what is there now, unless somebody has typed while it came. */
  async #renew() {
    const { file } = this
    const theirs = file.isEditable ? await file.theirs().catch(() => null) : null
    if (this.isEdited || this.#conflict)
      return
    if (!theirs || theirs.text === null) {
      await this.#load()
      return
    }
    file.take(theirs)
    await this.#put(theirs.text)
    this.#isGone = false
    this.#notice.hidden = true
    this.isEdited = this.editor?.text !== file.text
    await this.#show(this.#mode ?? "source")
  }

  #gone() {
    this.file.tag = null
    this.#notify(this.file.isWritable ? "This file has been deleted. Saving makes it again." : "This file has been deleted.")
    this.#isGone = true
    this.#tell()
  }

  /** @param {string} words @param {Record<string, () => void>} [deeds] */
  #notify(words, deeds = {}) {
    this.#notice.hidden = false
    fill(this.#notice, element("span", { role: "status" }, words), element("span", { class: "spring" }),
      ...Object.entries(deeds).map(([deed, chosen]) => element("button", { class: "button small", type: "button", onclick: chosen }, deed)))
  }

  #tell() {
    const { file } = this
    const { author, version } = file.entry ?? {}
    const saved = file.entry && `Version ${version ?? "?"}${author ? `, ${visible(author.name)}` : ""}`
    this.element.setAttribute("aria-label", visible(file.name))
    this.bar.showPath(file.path, file.volumes.client.downloadAddress(file.path))
    this.bar.show({
      words: file.saving ? "Saving…" : this.isDirty ? "Not saved" : [this.#view?.about, saved, file.state === "text" && !file.isWritable && "read-only"].filter(Boolean).join(" · "),
      isDirty: this.isDirty && !file.saving && !this.#conflict,
      mayWrite: file.isWritable,
      hasHistory: file.tag !== null && !file.path.startsWith("system/"),
      mode: hasPreview(file.kind) && this.editor && !this.#conflict ? this.#mode : null,
    })
    this.delegate.paneChanged(this)
  }
}
