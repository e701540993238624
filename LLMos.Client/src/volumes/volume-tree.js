import { nameOf, parentOf } from "./volume-paths.js"

/** @import { Change, Entry } from "../contracts/volumes.js" */

/**
 * @typedef {object} TreeNode
 * @property {string} path
 * @property {string} name
 * @property {"file" | "folder"} type
 * @property {boolean} open of a folder
 * @property {TreeNode[] | null} children of a folder, in order; null: not listed yet
 * @property {number} sequence of the listing
 */
/** @typedef {{ node: TreeNode, open: boolean, level: number, position: number, size: number, note?: string }} TreeRow note: words below a folder that has no entries to show */

const collator = new Intl.Collator("en", { numeric: true })

/** The folders that have been looked into, as listings and changes have told of them. */
export class VolumeTree {
  /** @type {Map<string, TreeNode>} */
  #nodes = new Map()
  /** @type {TreeNode[]} */
  #volumes = []
  /** @type {TreeRow[] | null} */
  #rows = null
  /** The same row as long as it would look the same, so that what is on the screen stays. @type {WeakMap<TreeNode, TreeRow>} */
  #rowOf = new WeakMap()

  /** @param {string[]} names */
  setVolumes(names) {
    this.#volumes = names.map((name) => this.#nodes.get(name) ?? this.#add(name, "folder"))
    this.#rows = null
  }

  /** @param {string} path */
  find(path) {
    return this.#nodes.get(path)
  }

  /** What can be seen when nothing is scrolled away. @returns {TreeRow[]} */
  get rows() {
    if (!this.#rows) {
      this.#rows = []
      this.#flatten(this.#volumes, 1, this.#rows)
    }
    return this.#rows
  }

  /** The folders that have been listed. */
  get listed() {
    return [...this.#nodes.values()].filter(({ children }) => children !== null)
  }

  /** @param {string} path @param {boolean} open */
  setOpen(path, open) {
    const node = this.#nodes.get(path)
    if (node?.type === "folder")
      node.open = open
    this.#rows = null
  }

  /** Takes a page of a listing; the first replaces what was known. @param {string} path @param {Entry[]} entries @param {number} sequence @param {boolean} isFirst */
  list(path, entries, sequence, isFirst) {
    const folder = this.#nodes.get(path)
    if (!folder)
      return
    const before = folder.children ?? []
    // What comes with a later page may have come as a change already.
    const names = new Set(entries.map(({ name }) => name))
    const kept = isFirst ? [] : before.filter(({ name }) => !names.has(name))
    if (isFirst) {
      const types = new Map(entries.map(({ name, type }) => [name, type]))
      before.filter(({ name, type }) => types.get(name) !== type).forEach((node) => this.#forget(node))
      folder.sequence = sequence
    }
    folder.children = [...kept, ...entries.map((entry) => this.#nodes.get(entry.path) ?? this.#add(entry.path, entry.type))].sort(inOrder)
    this.#rows = null
  }

  /** Forgets what is below, to be listed again. @param {string} path */
  unlist(path) {
    const folder = this.#nodes.get(path)
    folder?.children?.forEach((node) => this.#forget(node))
    if (folder) {
      folder.children = null
      folder.open = false
    }
    this.#rows = null
  }

  /** @param {Change} change */
  apply(change) {
    this.#rows = null
    if (change.kind === "moved" && change.from)
      this.#move(change, change.from)
    else if (change.kind === "removed")
      this.#remove(change.path, change.sequence)
    else
      this.#ensure(change.path, change.type, change.sequence)
  }

  /** @param {Change} change @param {string} from */
  #move({ path, type, sequence }, from) {
    const node = this.#nodes.get(from)
    this.#remove(path, sequence)
    this.#remove(from, sequence)
    const arrived = this.#ensure(path, type, sequence)
    if (!arrived || !node?.children)
      return
    arrived.open = node.open
    arrived.sequence = node.sequence
    arrived.children = this.#transplanted(node, path)
  }

  /** @param {TreeNode} node @param {string} to @returns {TreeNode[] | null} */
  #transplanted(node, to) {
    return node.children && node.children.map((child) => {
      const copy = this.#add(`${to}/${child.name}`, child.type)
      Object.assign(copy, { open: child.open, sequence: child.sequence, children: this.#transplanted(child, copy.path) })
      return copy
    })
  }

  /** @param {string} path @param {number} sequence */
  #remove(path, sequence) {
    const parent = this.#nodes.get(parentOf(path))
    const node = this.#nodes.get(path)
    if (!node || !parent?.children || parent.sequence >= sequence)
      return
    parent.children.splice(parent.children.indexOf(node), 1)
    this.#forget(node)
  }

  /** @param {string} path @param {"file" | "folder"} type @param {number} sequence @returns {TreeNode | null} null: its folder has not been listed */
  #ensure(path, type, sequence) {
    const parentPath = parentOf(path)
    const parent = this.#nodes.get(parentPath) ?? (parentPath && this.#ensure(parentPath, "folder", sequence))
    if (!parent || !parent.children || parent.sequence >= sequence)
      return null
    const there = this.#nodes.get(path)
    if (there?.type === type)
      return there
    if (there)
      this.#remove(path, sequence)
    const node = this.#add(path, type)
    parent.children.splice(placeOf(parent.children, node), 0, node)
    return node
  }

  /** @param {string} path @param {"file" | "folder"} type */
  #add(path, type) {
    /** @type {TreeNode} */
    const node = { path, name: nameOf(path), type, open: false, children: null, sequence: 0 }
    this.#nodes.set(path, node)
    return node
  }

  /** @param {TreeNode} node */
  #forget(node) {
    node.children?.forEach((child) => this.#forget(child))
    this.#nodes.delete(node.path)
  }

  /** @param {TreeNode[]} nodes @param {number} level @param {TreeRow[]} rows */
  #flatten(nodes, level, rows) {
    nodes.forEach((node, index) => {
      rows.push(this.#row(node, level, index + 1, nodes.length))
      if (!node.open)
        return
      if (node.children?.length)
        this.#flatten(node.children, level + 1, rows)
      else
        rows.push({ node, open: true, level: level + 1, position: 1, size: 1, note: node.children ? "Empty" : "Loading…" })
    })
  }

  /** @param {TreeNode} node @param {number} level @param {number} position @param {number} size */
  #row(node, level, position, size) {
    const before = this.#rowOf.get(node)
    if (before && before.open === node.open && before.level === level && before.position === position && before.size === size)
      return before
    const row = { node, open: node.open, level, position, size }
    this.#rowOf.set(node, row)
    return row
  }
}

/** Folders first; a number in a name counts as one. @param {TreeNode} one @param {TreeNode} other */
function inOrder(one, other) {
  if (one.type !== other.type)
    return one.type === "folder" ? -1 : 1
  return collator.compare(one.name, other.name) || (one.name < other.name ? -1 : Number(one.name > other.name))
}

/** @param {TreeNode[]} nodes @param {TreeNode} node */
function placeOf(nodes, node) {
  let [low, high] = [0, nodes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (inOrder(nodes[middle], node) < 0)
      low = middle + 1
    else
      high = middle
  }
  return low
}
