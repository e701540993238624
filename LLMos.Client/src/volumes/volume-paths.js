// A path is always whole: user/a/b.txt. The server's rules decide; these say it before a request.

const encoder = new TextEncoder()
const maxNameBytes = 255

/** @param {string} path */
export function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1)
}

/** "" of a volume. @param {string} path */
export function parentOf(path) {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")))
}

/** @param {string} path */
export function volumeOf(path) {
  return path.split("/", 1)[0]
}

/** Whether it is the folder or lies below it. @param {string} path @param {string} folder */
export function isWithin(path, folder) {
  return path === folder || path.startsWith(`${folder}/`)
}

/** Where a path comes to lie when what is at `from` moves to `to`. @param {string} path @param {string} from @param {string} to */
export function moved(path, from, to) {
  return isWithin(path, from) ? to + path.slice(from.length) : path
}

/** The route below /api/v1 of a path. @param {string} kind files, folders, … @param {string} path */
export function routeOf(kind, path) {
  const [volume, ...names] = path.split("/")
  return `/volumes/${encodeURIComponent(volume)}/${kind}/${names.map(encodeURIComponent).join("/")}`
}

/** What is wrong with a name; null: nothing. @param {string} name */
export function faultOfName(name) {
  if (name === "" || name === "." || name === "..")
    return "A name is needed."
  if (/[/\\]/.test(name))
    return "A name cannot have / or \\."
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name))
    return "A name cannot have control characters."
  return encoder.encode(name).length > maxNameBytes ? "The name is too long." : null
}

/** "a.txt" as "a 2.txt", the first that is free. @param {string} path @param {(path: string) => boolean} isTaken */
export function freePath(path, isTaken) {
  const name = nameOf(path)
  const dot = name.lastIndexOf(".")
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""]
  for (let number = 2; ; number += 1) {
    const free = `${parentOf(path)}/${stem} ${number}${extension}`
    if (!isTaken(free))
      return free
  }
}
