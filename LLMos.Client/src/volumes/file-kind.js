/** @typedef {"program" | "code" | "text" | "markdown" | "table" | "image" | "notebook" | "pdf" | "other"} FileKind */

/** @type {Record<FileKind, string[]>} */
const extensions = {
  program: ["py"],
  code: ["js", "mjs", "ts", "json", "html", "htm", "css", "c", "h", "cpp", "hpp", "ino", "yaml", "yml", "toml", "xml", "sql", "sh", "rs", "go", "java"],
  text: ["txt", "log", "ini", "cfg", "rst", "tex"],
  markdown: ["md", "markdown"],
  table: ["csv", "tsv"],
  image: ["png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "ico", "avif"],
  notebook: ["ipynb"],
  pdf: ["pdf"],
  other: [],
}

const kinds = new Map(Object.entries(extensions).flatMap(([kind, names]) => names.map((name) => [name, /** @type {FileKind} */ (kind)])))

/** @param {string} name */
export function extensionOf(name) {
  return /\.([^.]+)$/.exec(name)?.[1].toLowerCase() ?? ""
}

/** What a file is shown as, by its name. Other: text, if it is some. @param {string} name @returns {FileKind} */
export function kindOf(name) {
  return kinds.get(extensionOf(name)) ?? "other"
}

/** Whether it is text that can be edited, whatever else it can be shown as. @param {FileKind} kind */
export function isText(kind) {
  return kind !== "image" && kind !== "pdf"
}
