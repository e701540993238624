import { Download, RotateCcw } from "lucide"
import { openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { bytes, clock, day, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"
import { textOf } from "./open-file.js"
import { routeOf } from "./volume-paths.js"

/** @import { FileVersionEntry } from "../contracts/volumes.js" */
/** @import { VolumeClient } from "./volume-client.js" */

const maxBytes = 2 * 1024 * 1024

/** The versions of a file, what each has different from the current one, and the way back. @param {VolumeClient} client @param {string} path @param {boolean} mayWrite */
export async function openHistory(client, path, mayWrite) {
  const list = element("ul", { class: "versions", "aria-label": "Versions" })
  const shown = element("div", { class: "version-shown" })
  const dialog = openDialog(`History of ${visible(path.slice(path.lastIndexOf("/") + 1))}`, null, element("div", { class: "history-columns" }, list, shown))
  dialog.classList.add("dialog-wide")
  /** @type {(() => void) | null} */
  let dispose = null
  let asked = 0
  dialog.addEventListener("close", () => dispose?.())

  const refresh = async () => {
    const { versions } = await client.history(path)
    fill(list, ...versions.map((version) => row(version, versions[0])))
    await show(versions[1] ?? versions[0], versions[0])
  }

  /** @param {FileVersionEntry} version @param {FileVersionEntry} current */
  const row = (version, current) => element("li", {}, element("button", { class: "version", type: "button", "data-version": version.version, onclick: () => show(version, current).catch(tell) },
    element("strong", {}, `Version ${version.version}`, version.isCurrent && element("span", { class: "version-current" }, "current")),
    element("small", {}, `${day(new Date(version.modifiedAt), new Date())}, ${clock(new Date(version.modifiedAt))}`),
    element("small", {}, element("bdi", {}, visible(version.author.name)), `${version.author.via === "person" ? "" : `, ${visible(version.author.via)}`} · ${bytes(version.bytes)}`)))

  /** @param {FileVersionEntry} version @param {FileVersionEntry} current */
  const show = async (version, current) => {
    const mine = asked += 1
    list.querySelectorAll(".version").forEach((button) => button.setAttribute("aria-pressed", String(button.getAttribute("data-version") === String(version.version))))
    const [text, now] = await Promise.all([textAt(client, path, version), textAt(client, path, current)])
    if (mine !== asked)
      return
    dispose?.()
    dispose = null
    const head = element("div", { class: "version-head" },
      element("p", {}, version.isCurrent ? "The current version." : text === null || now === null ? "This version is not text, or too large to compare." : text === now ? "The same as the current version." : "Red was in this version, green is in the current one."),
      element("a", { class: "button small quiet", href: `/api/v1${routeOf("files", path)}?version=${version.version}&download=1`, download: true }, icon(Download, 14), "Download"),
      mayWrite && !version.isCurrent && element("button", { class: "button small", type: "button", onclick: () => restore(version, current) }, icon(RotateCcw, 14), "Restore"))
    if (text === null || now === null) {
      fill(shown, head)
      return
    }
    const { textDiff } = await import("../ui/text-diff.js")
    const diff = textDiff(`What has changed since version ${version.version}`, text, now)
    dispose = diff.dispose
    fill(shown, head, diff.element)
  }

  /** @param {FileVersionEntry} version @param {FileVersionEntry} current */
  const restore = (version, current) => client.restore(path, version.version, current.tag)
    .then(() => toast(`Version ${version.version} is the current one again.`), tell).then(refresh).catch(tell)

  await refresh().catch((problem) => {
    dialog.close()
    tell(problem)
  })
}

/** @param {VolumeClient} client @param {string} path @param {FileVersionEntry} version */
async function textAt(client, path, { version, bytes: size }) {
  return size > maxBytes ? null : textOf(await (await client.read(path, version)).blob.arrayBuffer())
}

/** @param {unknown} problem */
function tell(problem) {
  toast(problem instanceof Error ? problem.message : String(problem), "error")
}
