import { isWithin, volumeOf } from "./volume-paths.js"
import { VolumeChanges } from "./volume-changes.js"
import { VolumeTree } from "./volume-tree.js"

/** @import { Change, VolumeList, VolumeSummary } from "../contracts/volumes.js" */
/** @import { VolumeClient } from "./volume-client.js" */

/**
 * @typedef {object} VolumesListener
 * @property {() => void} [treeChanged]
 * @property {(changes: Change[]) => void} [filesChanged]
 * @property {() => void} [filesUnsure] changes may have been missed
 * @property {(list: VolumeList) => void} [useChanged]
 * @property {(problem: Error) => void} [failed]
 */

const useMilliseconds = 800

/** What the page knows of the volumes: the tree, kept right by what the server tells. */
export class Volumes {
  tree = new VolumeTree()
  /** @type {VolumeList | null} */
  list = null
  /** @type {VolumesListener[]} */
  #listeners = []
  /** @type {Map<string, VolumeChanges>} */
  #changes = new Map()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #useTimer
  /** @type {Promise<void> | null} */
  #started = null
  /** @type {Map<string, Promise<void>>} */
  #listing = new Map()
  /** What came while each listing was on its way. @type {Set<Change[]>} */
  #meanwhile = new Set()

  /** @param {VolumeClient} client */
  constructor(client) {
    this.client = client
  }

  /** @param {VolumesListener} listener */
  listen(listener) {
    this.#listeners.push(listener)
  }

  /** Once; after a failure, again. */
  start() {
    this.#started ??= this.#begin().catch((problem) => {
      this.#started = null
      throw problem
    })
    return this.#started
  }

  async #begin() {
    const list = await this.#refreshUse()
    this.tree.setVolumes(list.volumes.map(({ name }) => name))
    for (const { name, sequence } of list.volumes) {
      const changes = new VolumeChanges(this.client.hub, name, this)
      this.#changes.set(name, changes)
      changes.start(sequence)
    }
    await this.setOpen("user", true)
  }

  async hubConnected() {
    try {
      await this.start()
      this.#changes.forEach((changes) => changes.resume())
    } catch (problem) {
      this.#tell("failed", problem)
    }
  }

  /** @param {string} path @returns {VolumeSummary | undefined} */
  summaryOf(path) {
    return this.list?.volumes.find(({ name }) => name === volumeOf(path))
  }

  /** @param {string} path */
  mayWrite(path) {
    return this.summaryOf(path)?.isWritable ?? false
  }

  /** Opens or closes a folder of the tree. @param {string} path @param {boolean} open */
  async setOpen(path, open) {
    this.tree.setOpen(path, open)
    this.#tell("treeChanged")
    if (open && !this.tree.find(path)?.children)
      await this.#listFolder(path)
  }

  /** Opens the folders above a path, so that it can be seen. @param {string} path */
  async reveal(path) {
    const names = path.split("/")
    for (let depth = 1; depth < names.length; depth += 1)
      await this.setOpen(names.slice(0, depth).join("/"), true)
  }

  /** @param {Change[]} changes */
  changesArrived(changes) {
    changes.forEach((change) => this.tree.apply(change))
    this.#meanwhile.forEach((kept) => kept.push(...changes))
    this.#tell("treeChanged")
    this.#tell("filesChanged", changes)
    clearTimeout(this.#useTimer)
    this.#useTimer = setTimeout(() => this.#refreshUse().catch(() => {}), useMilliseconds)
  }

  /** @param {string} volume */
  async changesGone(volume) {
    try {
      await this.#refreshUse()
      this.#changes.get(volume)?.start(this.summaryOf(volume)?.sequence ?? 0)
      const folders = this.tree.listed.filter(({ path }) => volumeOf(path) === volume)
      folders.filter(({ open }) => !open).forEach(({ path }) => this.tree.unlist(path))
      // Those above come first, and forget what is there no more.
      for (const folder of folders.filter(({ open }) => open)) {
        if (this.tree.find(folder.path) === folder)
          await this.#listFolder(folder.path)
      }
      this.#tell("filesUnsure")
    } catch (problem) {
      this.#tell("failed", problem)
    }
  }

  /** @param {string} path */
  #listFolder(path) {
    const running = this.#listing.get(path) ?? this.#readFolder(path).finally(() => this.#listing.delete(path))
    this.#listing.set(path, running)
    return running
  }

  /** @param {string} path */
  async #readFolder(path) {
    try {
      /** @type {string | null} */
      let after = null
      do {
        after = await this.#readPage(path, after)
        this.#tell("treeChanged")
      } while (after !== null)
    } catch (problem) {
      this.tree.setOpen(path, false)
      this.#tell("treeChanged")
      this.#tell("failed", problem)
    }
  }

  /** @param {string} path @param {string | null} after @returns {Promise<string | null>} after what the next page begins */
  async #readPage(path, after) {
    // What is told of on its way may be newer than the page, and found no folder to go into.
    /** @type {Change[]} */
    const kept = []
    this.#meanwhile.add(kept)
    try {
      const { entries, sequence, next } = await this.client.folder(path, after)
      this.tree.list(path, entries, sequence, after === null)
      kept.filter((change) => isAbout(change, path)).forEach((change) => this.tree.apply(change))
      return next ?? null
    } finally {
      this.#meanwhile.delete(kept)
    }
  }

  async #refreshUse() {
    this.list = await this.client.list()
    this.#tell("useChanged", this.list)
    return this.list
  }

  /** @param {keyof VolumesListener} what @param {any} [value] */
  #tell(what, value) {
    this.#listeners.forEach((listener) => listener[what]?.(value))
  }
}

/** Whether a change is about an entry of this folder. @param {Change} change @param {string} folder */
function isAbout({ path, from }, folder) {
  return isWithin(path, folder) || (from !== null && from !== undefined && isWithin(from, folder))
}
