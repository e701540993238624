import { VirtualRows } from "../ui/virtual-rows.js"
import { nameOf, parentOf } from "./volume-paths.js"
import { rowId, treeRow } from "./tree-row.js"

/** @import { TreeNode, TreeRow } from "./volume-tree.js" */
/** @import { Volumes } from "./volumes.js" */

/**
 * @typedef {object} TreeDelegate
 * @property {(node: TreeNode) => void} fileChosen
 * @property {(node: TreeNode, at: { x: number, y: number }) => void} menuAsked
 * @property {(node: TreeNode) => void} renameAsked
 * @property {(node: TreeNode) => void} removeAsked
 */

// A thumb needs more than a pointer.
const rowHeight = matchMedia("(pointer: coarse)").matches ? 38 : 28
const typeAheadMilliseconds = 700
const pageRows = 15

/** The tree of the volumes: one stop for Tab, arrows within, letters look for a name. */
export class TreeView {
  active = "user"
  shown = ""
  /** What is chosen as soon as it is there: an answer may come before the change that it is about. */
  #awaited = ""
  /** Where the active row was last. */
  #place = 0
  #typed = ""
  #typedAt = 0

  /** @param {Volumes} volumes @param {TreeDelegate} delegate */
  constructor(volumes, delegate) {
    this.volumes = volumes
    this.delegate = delegate
    this.rows = new VirtualRows(rowHeight, (/** @type {TreeRow} */ { node, note }) => note ? `${node.path}/ ${note}` : node.path, (row) => treeRow(row, {
      isActive: row.node.path === this.active, isOpen: row.node.path === this.shown, readOnly: !volumes.mayWrite(row.node.path),
    }), {
      class: "virtual-rows tree", role: "tree", tabindex: 0, "aria-label": "Files",
      onclick: (/** @type {MouseEvent} */ event) => this.#click(event),
      oncontextmenu: (/** @type {MouseEvent} */ event) => this.#contextMenu(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#press(event),
    })
    this.element = this.rows.element
    volumes.listen({ treeChanged: () => this.draw() })
  }

  draw() {
    if (this.#awaited && this.volumes.tree.find(this.#awaited)) {
      this.choose(this.#awaited)
      return
    }
    const { rows } = this.volumes.tree
    if (!this.volumes.tree.find(this.active)) {
      this.active = this.#neighbour(rows)
      this.rows.redraw()
    }
    this.#place = rows.findIndex(({ node, note }) => node.path === this.active && !note)
    this.rows.show(rows)
    this.element.setAttribute("aria-activedescendant", rowId(this.active))
  }

  /** What takes the place of the active row when it has gone: the one after it, or above it. @param {TreeRow[]} rows */
  #neighbour(rows) {
    const [above, below] = [rows[this.#place - 1], rows[this.#place]]
    const isBeside = below && !below.note && parentOf(below.node.path) === parentOf(this.active)
    const found = (isBeside ? below : above)?.node.path
    return found ?? nearest(this.active, (path) => Boolean(this.volumes.tree.find(path)))
  }

  /** Marks the file that is in the editor. @param {string} path "" for none */
  markShown(path) {
    this.shown = path
    this.rows.redraw()
  }

  /** Goes to a line of the tree. @param {string} path */
  choose(path) {
    const isThere = this.volumes.tree.find(path) !== undefined
    this.#awaited = isThere ? "" : path
    if (!isThere)
      return
    this.active = path
    this.draw()
    this.rows.redraw()
    const index = this.volumes.tree.rows.findIndex(({ node, note }) => node.path === path && !note)
    if (index >= 0)
      this.rows.scrollTo(index)
  }

  /** @param {Event} event @returns {TreeNode | undefined} */
  nodeAt(event) {
    const path = /** @type {HTMLElement} */ (event.target).closest?.("[data-path]")?.getAttribute("data-path")
    return path ? this.volumes.tree.find(path) : undefined
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const node = this.nodeAt(event)
    if (!node)
      return
    this.choose(node.path)
    if (/** @type {HTMLElement} */ (event.target).closest(".tree-more"))
      this.delegate.menuAsked(node, { x: event.clientX, y: event.clientY })
    else
      this.#enter(node)
  }

  /** @param {MouseEvent} event */
  #contextMenu(event) {
    const node = this.nodeAt(event) ?? this.volumes.tree.find(this.active)
    if (!node)
      return
    event.preventDefault()
    this.choose(node.path)
    const row = document.getElementById(rowId(node.path))?.getBoundingClientRect()
    // The menu key has no place of its own.
    const byKey = event.button !== 2 || (event.clientX === 0 && event.clientY === 0)
    this.delegate.menuAsked(node, byKey && row ? { x: row.left + 24, y: row.bottom } : { x: event.clientX, y: event.clientY })
  }

  /** @param {TreeNode} node */
  #enter(node) {
    if (node.type === "folder")
      void this.volumes.setOpen(node.path, !node.open)
    else
      this.delegate.fileChosen(node)
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const rows = this.volumes.tree.rows.filter(({ note }) => !note)
    const here = rows.findIndex(({ node }) => node.path === this.active)
    const node = rows[here]?.node
    if (!node || event.ctrlKey || event.metaKey || event.altKey)
      return
    const last = rows.length - 1
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last, PageDown: here + pageRows, PageUp: here - pageRows }[event.key]
    if (to !== undefined)
      this.choose(rows[Math.min(last, Math.max(0, to))].node.path)
    else if (event.key === "ArrowRight" && node.type === "folder")
      node.open ? node.children?.length && this.choose(node.children[0].path) : this.#enter(node)
    else if (event.key === "ArrowLeft")
      node.open ? this.#enter(node) : parentOf(node.path) && this.choose(parentOf(node.path))
    else if (event.key === "Enter" || (event.key === " " && this.#typed === ""))
      this.#enter(node)
    else if (event.key === "F2")
      this.delegate.renameAsked(node)
    else if (event.key === "Delete")
      this.delegate.removeAsked(node)
    else if (event.key.length === 1)
      this.#typeAhead(event.key, rows, here)
    else
      return
    event.preventDefault()
  }

  /** @param {string} letter @param {TreeRow[]} rows @param {number} here */
  #typeAhead(letter, rows, here) {
    const now = performance.now()
    this.#typed = now - this.#typedAt < typeAheadMilliseconds ? this.#typed + letter.toLowerCase() : letter.toLowerCase()
    this.#typedAt = now
    // A first letter goes on from here, and so does the same one again; a second one may still mean the same name.
    const isOneLetter = [...this.#typed].every((typed) => typed === this.#typed[0])
    const [start, beginning] = isOneLetter ? [here + 1, this.#typed[0]] : [here, this.#typed]
    const found = [...rows.slice(start), ...rows.slice(0, start)].find(({ node }) => nameOf(node.path).toLowerCase().startsWith(beginning))
    if (found)
      this.choose(found.node.path)
    setTimeout(() => performance.now() - this.#typedAt >= typeAheadMilliseconds && (this.#typed = ""), typeAheadMilliseconds)
  }
}

/** @param {string} path @param {(path: string) => boolean} isThere */
function nearest(path, isThere) {
  let place = path
  while (place !== "" && !isThere(place))
    place = parentOf(place)
  return place || "user"
}
