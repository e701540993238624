import { upload } from "../connection/upload.js"
import { routeOf } from "./volume-paths.js"

/** @import { Api } from "../connection/api.js" */
/** @import { Hub } from "../connection/hub.js" */
/** @import { BinnedEntry, Entry, FileHistory, FolderListing, ImportResult, SearchResult, VolumeList } from "../contracts/volumes.js" */

const pageEntries = 2000

/** The volumes of the server, by whole paths. */
export class VolumeClient {
  /** @param {Api} api @param {Hub} hub */
  constructor(api, hub) {
    this.api = api
    this.hub = hub
  }

  /** @returns {Promise<VolumeList>} */
  list() {
    return this.api.get("/volumes")
  }

  /** @param {string} folder @param {string | null} [after] @returns {Promise<FolderListing>} */
  folder(folder, after) {
    return this.api.get(`${routeOf("folders", folder)}?limit=${pageEntries}${after ? `&after=${encodeURIComponent(after)}` : ""}`)
  }

  /** @param {string} path @returns {Promise<Entry>} */
  stat(path) {
    return this.api.get(routeOf("stat", path))
  }

  /** A file's bytes and the tag of that version. @param {string} path @param {number} [version] */
  async read(path, version) {
    const response = await this.api.open(routeOf("files", path) + (version ? `?version=${version}` : ""))
    return { blob: await response.blob(), tag: response.headers.get("ETag")?.replaceAll("\"", "") ?? "" }
  }

  /** Replaces the version with this tag; null: makes a file that is not there yet. @param {string} path @param {Blob} content @param {string | null} tag @returns {Promise<Entry>} */
  write(path, content, tag) {
    return this.api.put(routeOf("files", path), content, tag === null ? { "If-None-Match": "*" } : { "If-Match": `"${tag}"` })
  }

  /** @param {string} path @param {Blob} content @param {boolean} overwrite @param {(bytes: number) => void} progressed @param {AbortSignal} signal @returns {Promise<Entry>} */
  upload(path, content, overwrite, progressed, signal) {
    return upload(this.api, "PUT", routeOf("files", path), content, overwrite ? {} : { "If-None-Match": "*" }, progressed, signal)
  }

  /** Unpacks a zip into a folder, all of it or nothing. @param {string} folder @param {Blob} zip @param {boolean} overwrite @param {(bytes: number) => void} progressed @param {AbortSignal} signal @param {string} [names] how they are written, if the zip does not say it @returns {Promise<ImportResult>} */
  import(folder, zip, overwrite, progressed, signal, names) {
    return upload(this.api, "POST", `${routeOf("import", folder)}?overwrite=${overwrite}${names ? `&names=${names}` : ""}`, zip, {}, progressed, signal)
  }

  /** @param {string} path @returns {Promise<Entry>} */
  makeFolder(path) {
    return this.api.put(routeOf("folders", path))
  }

  /** @param {{ path: string, type: string }} entry @returns {Promise<BinnedEntry>} */
  remove({ path, type }) {
    return this.api.delete(type === "folder" ? `${routeOf("folders", path)}?recursive=true` : routeOf("files", path))
  }

  /** @param {"move" | "copy"} how @param {string} from @param {string} to @param {boolean} overwrite @returns {Promise<Entry>} */
  transfer(how, from, to, overwrite) {
    return this.api.post(`/volumes/${how}`, { from, to, overwrite })
  }

  /** @param {string} path @returns {Promise<FileHistory>} */
  history(path) {
    return this.api.get(routeOf("history", path))
  }

  /** @param {string} path @param {number} version @param {string} tag of the version that it takes the place of @returns {Promise<Entry>} */
  restore(path, version, tag) {
    return this.api.post("/volumes/restore", { path, version }, { "If-Match": `"${tag}"` })
  }

  /** @param {string} volume @returns {Promise<{ count: number, entries: BinnedEntry[] }>} */
  bin(volume) {
    return this.api.get(`/volumes/${volume}/bin`)
  }

  /** @param {string} volume @param {number} id @param {string} [to] @returns {Promise<Entry>} */
  undelete(volume, id, to) {
    return this.api.post(`/volumes/${volume}/bin/${id}/restore`, to ? { to } : {})
  }

  /** Deletes for ever: one entry, or all. @param {string} volume @param {number} [id] */
  purge(volume, id) {
    return this.api.delete(`/volumes/${volume}/bin${id === undefined ? "" : `/${id}`}`)
  }

  /** @param {string} volume @param {string} words @param {"name" | "content"} where @returns {Promise<SearchResult>} */
  search(volume, words, where) {
    return this.api.get(`/volumes/${volume}/search?q=${encodeURIComponent(words)}&in=${where}&limit=200`)
  }

  /** Where a browser gets the file as a download. @param {string} path */
  downloadAddress(path) {
    return `/api/v1${routeOf("files", path)}?download=1`
  }

  /** Where a browser gets the folder as a zip. @param {string} folder */
  exportAddress(folder) {
    return `/api/v1${routeOf("export", folder)}`
  }
}
