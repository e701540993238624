import { openConfirmation } from "../ui/dialog.js"
import { count, visible } from "../ui/format.js"
import { openPrompt } from "../ui/prompt.js"
import { toast } from "../ui/toast.js"
import { faultOfName, freePath, isWithin, nameOf, parentOf } from "./volume-paths.js"

/** @import { Problem } from "../connection/problem.js" */
/** @import { TreeNode } from "./volume-tree.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ fileMade(path: string): void, made(path: string): void }} FileDeedsDelegate */

/** What can be done with files and folders, with the questions that it takes. */
export class FileDeeds {
  /** @param {Volumes} volumes @param {FileDeedsDelegate} delegate */
  constructor(volumes, delegate) {
    this.volumes = volumes
    this.client = volumes.client
    this.delegate = delegate
  }

  /** @param {string} folder */
  newFile(folder) {
    this.#makeFile("New file", "Make file", folder, "")
  }

  /** @param {string} text that has no file yet @param {string} folder */
  saveAs(text, folder) {
    this.#makeFile("Save as a file", "Save", folder, text)
  }

  /** @param {string} title @param {string} deed @param {string} folder @param {string} text */
  #makeFile(title, deed, folder, text) {
    openPrompt({ title, label: "Name", deed, value: "untitled.py", selected: [0, 8], fault: faultOfName, hint: `In ${visible(folder)}/` }, async (name) => {
      const path = `${folder}/${name}`
      await this.client.write(path, new Blob([text]), null).catch(saidPlainly)
      this.delegate.fileMade(path)
    })
  }

  /** @param {string} folder */
  newFolder(folder) {
    openPrompt({ title: "New folder", label: "Name", deed: "Make folder", value: "", fault: faultOfName, hint: `In ${visible(folder)}/` }, async (name) => {
      const path = `${folder}/${name}`
      await this.client.makeFolder(path)
      this.delegate.made(path)
    })
  }

  /** @param {TreeNode} node */
  rename({ path, name, type }) {
    if (!parentOf(path) || !this.volumes.mayWrite(path))
      return
    const dot = type === "file" ? name.lastIndexOf(".") : -1
    openPrompt({ title: `Rename ${type}`, label: "Name", deed: "Rename", value: name, selected: [0, dot > 0 ? dot : name.length], fault: faultOfName, hint: visible(name) === name ? undefined : `Now ${visible(name)}` }, async (wanted) => {
      const to = `${parentOf(path)}/${wanted}`
      if (to !== path)
        await this.client.transfer("move", path, to, false)
      this.delegate.made(to)
    })
  }

  /** @param {TreeNode} node @param {"move" | "copy"} how */
  transfer({ path }, how) {
    const value = how === "copy" ? freePath(this.volumes.mayWrite(path) ? path : `user/${nameOf(path)}`, (free) => Boolean(this.volumes.tree.find(free))) : path
    const start = value.length - nameOf(value).length
    openPrompt({ title: how === "copy" ? "Copy" : "Move", label: "To", deed: how === "copy" ? "Copy" : "Move", value, selected: [start, value.length], hint: "The whole path, such as team/data/a.csv. Folders are made." }, async (to) => {
      await this.client.transfer(how, path, to, false)
      this.delegate.made(to)
    })
  }

  /** Puts something into a folder, after a question when there is something of that name. @param {string} path @param {string} folder @param {"move" | "copy"} how */
  async put(path, folder, how) {
    const to = `${folder}/${nameOf(path)}`
    if (to === path || isWithin(folder, path))
      return
    try {
      await this.client.transfer(how, path, to, false)
      this.delegate.made(to)
    } catch (problem) {
      if (/** @type {Problem} */ (problem).code !== "volumes.exists") {
        tell(problem)
        return
      }
      openConfirmation(`Replace ${visible(nameOf(path))}?`, `There is something of that name in ${visible(folder)}/. It goes to the bin.`, "Replace",
        () => this.client.transfer(how, path, to, true).then(() => this.delegate.made(to), tell))
    }
  }

  /** @param {TreeNode} node */
  async remove(node) {
    if (!parentOf(node.path) || !this.volumes.mayWrite(node.path))
      return
    const remove = () => this.client.remove(node).then(({ id }) => this.#removed(node, id), tell)
    if (node.type === "file") {
      await remove()
      return
    }
    const { files = 0 } = await this.client.stat(node.path).catch(() => ({ files: 0 }))
    openConfirmation(`Delete ${visible(node.name)}?`, files ? `The folder and ${count(files, "file")} below it go to the bin for ${this.volumes.list?.keptDays ?? 30} days.` : "The folder goes to the bin.", "Delete", () => void remove())
  }

  /** @param {TreeNode} node @param {number} id */
  #removed({ path, name }, id) {
    toast(`${visible(name)} is in the bin.`, "info", {
      label: "Undo",
      chosen: () => this.client.undelete(path.split("/", 1)[0], id).then(() => this.delegate.made(path), tell),
    })
  }
}

/** @param {Problem} problem @returns {never} */
function saidPlainly(problem) {
  throw problem.status === 412 ? new Error("There is something of that name already.") : problem
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}
