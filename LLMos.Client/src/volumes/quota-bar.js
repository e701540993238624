import { element, fill } from "../ui/element.js"
import { bytes, count } from "../ui/format.js"
import { meter } from "../ui/meter.js"

/** @import { VolumeList } from "../contracts/volumes.js" */

/** How much of its quota each volume that can be written holds. */
export class QuotaBar {
  constructor() {
    this.element = element("div", { class: "quota" })
    /** @type {Map<string, ReturnType<typeof meter>>} */
    this.meters = new Map()
  }

  /** @param {VolumeList} list */
  show({ volumes }) {
    const shown = volumes.filter(({ isWritable }) => isWritable)
    for (const { name, bytes: used, quotaBytes, files, keptBytes } of shown) {
      const bar = this.meters.get(name) ?? meter(name)
      this.meters.set(name, bar)
      bar.set(`${bytes(used)} of ${bytes(quotaBytes)}`, quotaBytes ? used / quotaBytes : null)
      bar.element.title = `${count(files, "file")}, ${bytes(used)} of ${bytes(quotaBytes)}. Former versions and the bin: ${bytes(keptBytes)}.`
    }
    if (this.element.childElementCount !== shown.length)
      fill(this.element, ...shown.map(({ name }) => this.meters.get(name)?.element))
    this.element.hidden = shown.length === 0
  }
}
