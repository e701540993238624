import { rowId } from "./tree-row.js"
import { isWithin, parentOf } from "./volume-paths.js"

/** @import { TreeView } from "./tree-view.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ pathDropped(path: string, folder: string, how: "move" | "copy"): void, filesDropped(transfer: DataTransfer, folder: string): void }} TreeDragDelegate */

const ours = "application/x-llmos-path"
const openMilliseconds = 700

/** Drag and drop: within the tree, from the computer into it, and from it to the computer. */
export class TreeDrag {
  #dragged = ""
  #target = ""
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #openTimer

  /** @param {TreeView} view @param {Volumes} volumes @param {TreeDragDelegate} delegate */
  constructor(view, volumes, delegate) {
    this.view = view
    this.volumes = volumes
    this.delegate = delegate
    view.element.addEventListener("dragstart", (event) => this.#start(event))
    view.element.addEventListener("dragover", (event) => this.#over(event))
    view.element.addEventListener("drop", (event) => this.#drop(event))
    view.element.addEventListener("dragend", () => this.#end())
    // A file that misses the tree must not take the place of the page; an editor takes its text.
    for (const type of /** @type {const} */ (["dragover", "drop"]))
      addEventListener(type, (event) => missed(event))
    view.element.addEventListener("dragleave", (event) => view.element.contains(/** @type {Node | null} */ (event.relatedTarget)) || this.#mark(""))
  }

  /** @param {DragEvent} event */
  #start(event) {
    const node = this.view.nodeAt(event)
    if (!node || !event.dataTransfer)
      return
    this.#dragged = node.path
    event.dataTransfer.effectAllowed = this.volumes.mayWrite(node.path) ? "copyMove" : "copy"
    event.dataTransfer.setData(ours, node.path)
    // Chromium saves what this names where it is dropped.
    const { client } = this.volumes
    const [type, ending, address] = node.type === "file" ? ["application/octet-stream", "", client.downloadAddress(node.path)] : ["application/zip", ".zip", client.exportAddress(node.path)]
    event.dataTransfer.setData("DownloadURL", `${type}:${node.name.replaceAll(":", "_")}${ending}:${new URL(address, location.href)}`)
  }

  /** @param {DragEvent} event */
  #over(event) {
    const folder = this.#folderAt(event)
    const isFromUs = event.dataTransfer?.types.includes(ours)
    if (!event.dataTransfer || !folder || !(isFromUs || event.dataTransfer.types.includes("Files")) || (isFromUs && isWithin(folder, this.#dragged))) {
      this.#mark("")
      return
    }
    event.preventDefault()
    event.dataTransfer.dropEffect = isFromUs && !this.#copies(event) ? "move" : "copy"
    this.#mark(folder)
  }

  /** @param {DragEvent} event */
  #drop(event) {
    const folder = this.#folderAt(event)
    const path = event.dataTransfer?.getData(ours)
    this.#mark("")
    if (!event.dataTransfer || !folder)
      return
    event.preventDefault()
    if (path)
      this.delegate.pathDropped(path, folder, this.#copies(event) ? "copy" : "move")
    else
      this.delegate.filesDropped(event.dataTransfer, folder)
    this.#end()
  }

  #end() {
    this.#dragged = ""
    this.#mark("")
  }

  /** @param {DragEvent} event */
  #copies(event) {
    return event.ctrlKey || event.altKey || !this.volumes.mayWrite(this.#dragged)
  }

  /** The folder that takes what is dropped here, "" for none that may be written. @param {DragEvent} event */
  #folderAt(event) {
    const node = this.view.nodeAt(event) ?? this.volumes.tree.find("user")
    const folder = node && (node.type === "folder" ? node.path : parentOf(node.path))
    return folder && this.volumes.mayWrite(folder) ? folder : ""
  }

  /** @param {string} folder */
  #mark(folder) {
    if (folder === this.#target)
      return
    document.getElementById(rowId(this.#target))?.classList.remove("tree-target")
    document.getElementById(rowId(folder))?.classList.add("tree-target")
    this.#target = folder
    clearTimeout(this.#openTimer)
    const node = folder && this.volumes.tree.find(folder)
    if (node && !node.open)
      this.#openTimer = setTimeout(() => void this.volumes.setOpen(folder, true), openMilliseconds)
  }
}

/** @param {DragEvent} event */
function missed(event) {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files") || /** @type {Element} */ (event.target).closest?.(".cm-editor"))
    return
  event.preventDefault()
  event.dataTransfer.dropEffect = "none"
}
