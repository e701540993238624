import { ArchiveRestore, Copy, FileArchive, FolderDown, Download, EllipsisVertical, File, FilePlus, FolderInput, FolderPlus, FolderUp, History, PencilLine, Plus, Save, Search, Trash2, Upload } from "lucide"
import { element } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { visible } from "../ui/format.js"
import { attachMenu } from "../ui/menu.js"
import { openContextMenu } from "../ui/context-menu.js"
import { toast } from "../ui/toast.js"
import { chosenFiles, droppedFiles } from "./dropped-files.js"
import { FileDeeds } from "./file-deeds.js"
import { QuotaBar } from "./quota-bar.js"
import { SearchView } from "./search-view.js"
import { TreeDrag } from "./tree-drag.js"
import { TreeView } from "./tree-view.js"
import { askAboutConflict, askAboutNames, UploadList } from "./upload-list.js"
import { Uploads } from "./uploads.js"
import { faultOfName, parentOf } from "./volume-paths.js"

/** @import { MenuItem } from "../ui/menu.js" */
/** @import { Dropped } from "./dropped-files.js" */
/** @import { TreeNode } from "./volume-tree.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ fileChosen(path: string, line?: number): void, draft(): string }} FilesPanelDelegate draft: the text of the editor that has no file */

/** The files beside the runs: tree, search, uploads and quota. */
export class FilesPanel {
  /** @param {Volumes} volumes @param {FilesPanelDelegate} delegate */
  constructor(volumes, delegate) {
    this.volumes = volumes
    this.delegate = delegate
    this.deeds = new FileDeeds(volumes, { fileMade: (path) => (this.show(path), delegate.fileChosen(path)), made: (path) => this.show(path) })
    this.tree = new TreeView(volumes, {
      fileChosen: ({ path }) => delegate.fileChosen(path),
      menuAsked: (node, at) => openContextMenu(`Actions for ${visible(node.name)}`, this.#actions(node), at),
      renameAsked: (node) => this.deeds.rename(node),
      removeAsked: (node) => void this.deeds.remove(node),
    })
    this.drag = new TreeDrag(this.tree, volumes, {
      pathDropped: (path, folder, how) => void this.deeds.put(path, folder, how),
      filesDropped: (transfer, folder) => void this.#take(droppedFiles(transfer), folder),
    })
    this.uploadList = new UploadList()
    this.uploads = new Uploads(volumes.client, {
      uploadsChanged: () => this.uploadList.show(this.uploads),
      conflictAsked: (upload) => askAboutConflict(upload, this.uploads.all.length > 1),
      namesAsked: askAboutNames,
    })
    addEventListener("beforeunload", (event) => this.uploads.isBusy && event.preventDefault())
    this.quota = new QuotaBar()
    this.find = element("button", { class: "button quiet square", type: "button", title: "Search files", "aria-label": "Search files", "aria-expanded": "false", onclick: () => this.search.toggle() }, icon(Search))
    this.search = new SearchView(volumes, {
      fileChosen: (path, line) => delegate.fileChosen(path, line),
      folderChosen: (path) => void volumes.setOpen(path, true).then(() => this.show(path)),
      searchToggled: (isOpen) => this.find.setAttribute("aria-expanded", String(isOpen)),
    })
    this.element = element("section", { class: "panel files", "aria-label": "Files" },
      this.#header(), this.search.form, this.search.element, this.tree.element, this.uploadList.element, this.quota.element)
    this.search.governs(this.tree.element)
    volumes.listen({ useChanged: (list) => this.quota.show(list), failed: tell })
  }

  /** Marks the file that is in the editor. @param {string} path */
  mark(path) {
    this.tree.markShown(path)
  }

  saveDraft() {
    this.deeds.saveAs(this.delegate.draft(), this.#folder)
  }

  #header() {
    const add = element("button", { class: "button quiet square", type: "button", title: "New or upload", "aria-label": "New or upload" }, icon(Plus))
    const more = element("button", { class: "button quiet square", type: "button", title: "More about files", "aria-label": "More about files" }, icon(EllipsisVertical))
    const header = element("header", { class: "panel-header" },
      element("h2", { class: "panel-title" }, "Files"), element("span", { class: "spring" }), this.find,
      element("div", { class: "anchor" }, add), element("div", { class: "anchor" }, more))
    attachMenu(add, "New or upload", [
      { label: "New file", icon: FilePlus, chosen: () => this.deeds.newFile(this.#folder) },
      { label: "New folder", icon: FolderPlus, chosen: () => this.deeds.newFolder(this.#folder) },
      { label: "Save the draft as a file", icon: Save, chosen: () => this.saveDraft() },
      "line",
      { label: "Upload files", icon: Upload, chosen: () => this.#choose(false) },
      { label: "Upload a folder", icon: FolderUp, chosen: () => this.#choose(true) },
    ])
    attachMenu(more, "More about files", [
      { label: "Bin", icon: ArchiveRestore, note: "Bring back what was deleted", chosen: async () => (await import("./bin-dialog.js")).openBin(this.volumes, (path) => this.show(path)) },
    ])
    return header
  }

  /** Where something new goes: the chosen folder, or that of the chosen file. */
  get #folder() {
    const node = this.volumes.tree.find(this.tree.active)
    const folder = node?.type === "file" ? parentOf(node.path) : node?.path ?? "user"
    return this.volumes.mayWrite(folder) ? folder : "user"
  }

  /** @param {TreeNode} node @returns {(MenuItem | "line")[]} */
  #actions(node) {
    const { path, type } = node
    const [mayWrite, isRoot, isFolder] = [this.volumes.mayWrite(path), !parentOf(path), type === "folder"]
    const hasHistory = !isFolder && !path.startsWith("system/")
    /** @type {(MenuItem | false)[][]} */
    const groups = [[
      !isFolder && { label: "Open", icon: File, chosen: () => this.delegate.fileChosen(path) },
      isFolder && mayWrite && { label: "New file", icon: FilePlus, chosen: () => this.deeds.newFile(path) },
      isFolder && mayWrite && { label: "New folder", icon: FolderPlus, chosen: () => this.deeds.newFolder(path) },
      isFolder && mayWrite && { label: "Upload files", icon: Upload, chosen: () => this.#choose(false) },
      isFolder && mayWrite && { label: "Import a zip…", icon: FileArchive, chosen: () => this.#chooseZip(path) },
    ], [
      !isRoot && mayWrite && { label: "Rename", icon: PencilLine, note: "F2", chosen: () => this.deeds.rename(node) },
      !isRoot && mayWrite && { label: "Move to…", icon: FolderInput, chosen: () => this.deeds.transfer(node, "move") },
      !isRoot && { label: "Copy to…", icon: Copy, chosen: () => this.deeds.transfer(node, "copy") },
    ], [
      hasHistory && { label: "History", icon: History, chosen: async () => (await import("./history-dialog.js")).openHistory(this.volumes.client, path, mayWrite) },
      !isFolder && { label: "Download", icon: Download, chosen: () => save(this.volumes.client.downloadAddress(path)) },
      isFolder && { label: "Download as zip", icon: FolderDown, chosen: () => save(this.volumes.client.exportAddress(path)) },
    ], [
      !isRoot && mayWrite && { label: "Delete", icon: Trash2, note: "To the bin", chosen: () => void this.deeds.remove(node) },
    ]]
    return groups.map((group) => group.filter((item) => item !== false)).filter(({ length }) => length > 0)
      .flatMap((group, index) => index > 0 ? [/** @type {const} */ ("line"), ...group] : group)
  }

  /** @param {boolean} wholeFolder */
  #choose(wholeFolder) {
    const folder = this.#folder
    const input = element("input", { type: "file", multiple: true, webkitdirectory: wholeFolder })
    input.onchange = () => input.files && void this.#take(Promise.resolve(chosenFiles(input.files)), folder)
    input.click()
  }

  /** @param {string} folder */
  #chooseZip(folder) {
    const input = element("input", { type: "file", accept: ".zip,application/zip" })
    input.onchange = () => {
      this.uploads.add([...input.files ?? []].map((content) => ({ path: folder, content, isZip: true })))
      void this.volumes.setOpen(folder, true)
    }
    input.click()
  }

  /** @param {Promise<Dropped>} dropping @param {string} folder */
  async #take(dropping, folder) {
    try {
      const { files, folders } = await dropping
      const bad = files.find(({ path }) => path.split("/").some(faultOfName))
      if (bad)
        toast(`${visible(bad.path)} cannot be a name here, and is left out.`, "error")
      this.uploads.add(files.filter(({ path }) => !path.split("/").some(faultOfName)).map(({ path, content }) => ({ path: `${folder}/${path}`, content })))
      for (const path of folders)
        await this.volumes.client.makeFolder(`${folder}/${path}`)
      void this.volumes.setOpen(folder, true)
    } catch (problem) {
      tell(problem)
    }
  }

  /** Makes sure that it can be seen. @param {string} path */
  async show(path) {
    await this.volumes.reveal(path)
    this.tree.choose(path)
  }
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}

/** @param {string} address */
function save(address) {
  element("a", { href: address, download: true }).click()
}
