import { ChevronRight, EllipsisVertical, File, FileBraces, FileCode, FileImage, FileSpreadsheet, FileText, Folder, FolderOpen, Lock, UserRound, UsersRound } from "lucide"
import { element } from "../ui/element.js"
import { visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { safeName } from "../ui/safe-name.js"
import { kindOf } from "./file-kind.js"

/** @import { TreeRow } from "./volume-tree.js" */

/** @type {Record<string, import("lucide").IconNode>} */
const volumeIcons = { user: UserRound, team: UsersRound, system: Lock }
/** @type {Record<string, import("lucide").IconNode>} */
const kindIcons = { program: FileCode, code: FileBraces, text: FileText, markdown: FileText, notebook: FileText, pdf: FileText, table: FileSpreadsheet, image: FileImage, other: File }
const indent = 14

/** @param {string} path */
export function rowId(path) {
  return `file-${encodeURIComponent(path)}`
}

/** One line of the tree. @param {TreeRow} row @param {{ isActive: boolean, isOpen: boolean, readOnly: boolean }} state isOpen: in the editor */
export function treeRow({ node, open, level, position, size, note }, { isActive, isOpen, readOnly }) {
  const isFolder = node.type === "folder"
  const style = `padding-left: ${4 + (level - 1) * indent}px`
  if (note)
    return element("div", { class: "tree-row tree-note", role: "presentation", style: `${style}; padding-left: ${24 + (level - 1) * indent}px` }, note)
  const sign = level === 1 ? volumeIcons[node.path] ?? Folder : isFolder ? open ? FolderOpen : Folder : kindIcons[kindOf(node.name)]
  return element("div", {
    class: `tree-row${isActive ? " tree-active" : ""}${isOpen ? " tree-shown" : ""}`,
    id: rowId(node.path),
    role: "treeitem",
    style,
    draggable: level > 1 && "true",
    "data-path": node.path,
    "aria-level": level,
    "aria-posinset": position,
    "aria-setsize": size,
    "aria-selected": String(isActive),
    "aria-expanded": isFolder && String(open),
    title: visible(node.path),
  },
  element("span", { class: "tree-twist" }, isFolder && icon(ChevronRight, 14)),
  icon(sign, 15),
  element("span", { class: "tree-name" }, safeName(node.name)),
  level === 1 && readOnly && element("span", { class: "tree-mark" }, " read-only"),
  // For the pointer; the keyboard has the menu key.
  element("span", { class: "tree-more", "aria-hidden": "true" }, icon(EllipsisVertical, 14)))
}
