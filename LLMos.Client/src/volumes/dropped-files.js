const maxFiles = 20_000

/** @typedef {{ files: { path: string, content: Blob }[], folders: string[] }} Dropped paths below where they were dropped; folders: those with nothing in them */

/** What was dropped, with all below folders. The items live only as long as the event, so call it there. @param {DataTransfer} transfer @returns {Promise<Dropped>} */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }))
  /** @type {Dropped} */
  const dropped = { files: [], folders: [] }
  for (const { entry, file } of items) {
    if (entry)
      await collect(entry, dropped)
    else if (file)
      dropped.files.push({ path: file.name, content: file })
  }
  return dropped
}

/** Files chosen in a dialog, folders with them. @param {FileList} list @returns {Dropped} */
export function chosenFiles(list) {
  return { files: [...list].map((content) => ({ path: content.webkitRelativePath || content.name, content })), folders: [] }
}

/** @param {FileSystemEntry} entry @param {Dropped} dropped */
async function collect(entry, dropped) {
  const path = entry.fullPath.slice(1)
  if (dropped.files.length >= maxFiles)
    throw new Error(`More than ${maxFiles.toLocaleString("en")} files at once are too many.`)
  if (entry.isFile) {
    dropped.files.push({ path, content: await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject)) })
    return
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader()
  let some = false
  for (;;) {
    // A browser gives at most a hundred at a time, and none when there are no more.
    const entries = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve, reject) => reader.readEntries(resolve, reject))
    if (entries.length === 0)
      break
    some = true
    await Promise.all(entries.map((inner) => collect(inner, dropped)))
  }
  if (!some)
    dropped.folders.push(path)
}
