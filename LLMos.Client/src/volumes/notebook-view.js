import { element } from "../ui/element.js"
import { count } from "../ui/format.js"

/** @import { OpenFile } from "./open-file.js" */
/** @import { FileView, RichViews } from "./file-views.js" */

const maxCells = 1000
const maxOutputs = 200
const maxTextCharacters = 200_000
const colours = /\x1b\[[0-?]*[ -/]*[@-~]/g

/** A notebook to read: its cells and what they once put out. Nothing of it runs. @param {OpenFile} file @param {RichViews} rich @returns {Promise<FileView>} */
export async function notebookView(file, rich) {
  const cells = cellsOf(file.text)
  if (!cells)
    return { element: element("p", { class: "file-note" }, "This is not a notebook that can be read. Its text is under Source.") }
  /** @type {(() => void)[]} */
  const disposals = []
  const whole = element("article", { class: "notebook-view", tabindex: 0 })
  let figures = 0
  for (const cell of cells.slice(0, maxCells)) {
    const source = joined(cell.source)
    if (cell.cell_type === "markdown") {
      whole.append(element("div", { class: "notebook-words" }, await rich.markdown(source)))
    } else {
      const outputs = []
      for (const output of listOf(cell.outputs).slice(0, maxOutputs)) {
        const view = await outputView(output, rich, () => figures += 1)
        outputs.push(view.element)
        if (view.dispose)
          disposals.push(view.dispose)
      }
      whole.append(element("section", { class: "notebook-cell", "aria-label": "Cell" },
        source !== "" && element("pre", { class: "notebook-code" }, source),
        outputs.length > 0 && element("div", { class: "notebook-outputs blocks" }, ...outputs)))
    }
  }
  return { element: whole, about: `${count(cells.length, "cell")}, read-only`, dispose: () => disposals.forEach((dispose) => dispose()) }
}

/** @param {any} output @param {RichViews} rich @param {() => number} nextFigure @returns {Promise<{ element: HTMLElement, dispose?: () => void }>} */
async function outputView(output, rich, nextFigure) {
  if (output?.output_type === "stream")
    return { element: plain(joined(output.text), output.name === "stderr" ? "text notebook-stderr" : "text") }
  if (output?.output_type === "error")
    return { element: plain(listOf(output.traceback).map(String).join("\n") || `${output.ename}: ${output.evalue}`, "text notebook-error") }
  const data = Object.fromEntries(Object.entries(output?.data && typeof output.data === "object" ? output.data : {})
    .map(([type, value]) => [type, type === "application/json" ? JSON.stringify(value) : joined(value)]))
  return rich.display(data, nextFigure())
}

/** @param {string} text @param {string} name of the class */
function plain(text, name) {
  return element("pre", { class: name }, text.slice(0, maxTextCharacters).replace(colours, ""))
}

/** @param {string} text @returns {any[] | null} */
export function cellsOf(text) {
  try {
    const notebook = JSON.parse(text)
    return Array.isArray(notebook?.cells) ? notebook.cells.filter((/** @type {unknown} */ cell) => cell && typeof cell === "object") : null
  } catch {
    return null
  }
}

/** A string, or the lines of one. @param {unknown} value */
export function joined(value) {
  return Array.isArray(value) ? value.join("") : typeof value === "string" ? value : ""
}

/** @param {unknown} value @returns {any[]} */
function listOf(value) {
  return Array.isArray(value) ? value : []
}
