import { ArchiveRestore, Trash2 } from "lucide"
import { openConfirmation, openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { bytes, clock, count, day, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"
import { freePath, nameOf, parentOf } from "./volume-paths.js"

/** @import { Problem } from "../connection/problem.js" */
/** @import { BinnedEntry } from "../contracts/volumes.js" */
/** @import { Volumes } from "./volumes.js" */

const maxRows = 500

/** What was deleted, to be brought back or thrown away for ever. @param {Volumes} volumes @param {(path: string) => void} restored */
export function openBin(volumes, restored) {
  const { client } = volumes
  const names = (volumes.list?.volumes ?? []).filter(({ isWritable }) => isWritable).map(({ name }) => name)
  let volume = names[0] ?? "user"
  const list = element("ul", { class: "rows bin-rows", "aria-label": "Deleted files", tabindex: 0 })
  const empty = element("button", { class: "button", type: "button", onclick: () => openConfirmation(`Empty the bin of ${volume}?`, "Everything in it is deleted for ever.", "Empty the bin", () => void attempt(client.purge(volume))) }, icon(Trash2, 14), "Empty the bin")
  const choice = element("select", { class: "field small", "aria-label": "Volume", onchange: () => (volume = choice.value, void attempt(Promise.resolve())) }, ...names.map((name) => element("option", { value: name }, name)))

  const refresh = async () => {
    const { count: all, entries } = await client.bin(volume)
    const shown = entries.slice(0, maxRows)
    empty.disabled = entries.length === 0
    fill(list, ...shown.map((entry) => row(entry)), all > shown.length && element("li", { class: "rows-empty" }, `And ${count(all - shown.length, "older entry", "older entries")}.`), entries.length === 0 && element("li", { class: "rows-empty" }, "The bin is empty."))
  }
  /** @param {Promise<unknown>} deed */
  const attempt = (deed) => deed.catch(tell).then(refresh).catch(tell)

  /** @param {BinnedEntry} entry */
  const restore = async ({ id, path }) => {
    try {
      restored((await client.undelete(volume, id)).path)
    } catch (problem) {
      if (/** @type {Problem} */ (problem).code !== "volumes.exists")
        throw problem
      const to = freePath(path, (free) => Boolean(volumes.tree.find(free)))
      restored((await client.undelete(volume, id, to)).path)
      toast(`There is something at its old place; it is ${visible(nameOf(to))} now.`)
    }
  }
  /** @param {BinnedEntry} entry */
  const row = (entry) => element("li", {},
    element("div", { class: "rows-text" },
      element("strong", {}, element("bdi", {}, visible(nameOf(entry.path)))),
      element("small", {}, "from ", element("bdi", {}, visible(parentOf(entry.path))), ` · ${entry.type === "folder" ? `${count(entry.files, "file")}, ` : ""}${bytes(entry.bytes)}`),
      element("small", {}, `${day(new Date(entry.deletedAt), new Date())} ${clock(new Date(entry.deletedAt))}, ${visible(entry.deletedBy.name)}`)),
    element("button", { class: "button small", type: "button", "aria-label": `Restore ${visible(nameOf(entry.path))}`, onclick: () => void attempt(restore(entry)) }, icon(ArchiveRestore, 14), "Restore"),
    element("button", { class: "button quiet square", type: "button", title: "Delete for ever", "aria-label": `Delete ${visible(nameOf(entry.path))} for ever`, onclick: () => openConfirmation(`Delete ${visible(nameOf(entry.path))} for ever?`, "It cannot be brought back.", "Delete for ever", () => void attempt(client.purge(volume, entry.id))) }, icon(Trash2)))

  openDialog("Bin", `What is deleted lies here for ${volumes.list?.keptDays ?? 30} days.`, element("div", { class: "bin-head" }, names.length > 1 && choice, element("span", { class: "spring" }), empty), list)
  void attempt(Promise.resolve())
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}
