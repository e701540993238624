import Papa from "papaparse"
import { element } from "../ui/element.js"
import { count } from "../ui/format.js"
import { VirtualRows } from "../ui/virtual-rows.js"
import { extensionOf } from "./file-kind.js"

/** @import { OpenFile } from "./open-file.js" */

const rowHeight = 28
const maxRows = 100_000
const maxColumns = 200
const maxCellCharacters = 300
const measuredRows = 200

/** CSV as a table with a line for each row; the first is its head. @param {OpenFile} file */
export async function tableView(file) {
  const { rows, isWhole } = rowsOf(file.text, extensionOf(file.name) === "tsv" ? "\t" : "")
  const columns = Math.min(maxColumns, rows.slice(0, measuredRows).reduce((most, row) => Math.max(most, row.length), 0))
  const template = `64px ${widths(rows, columns).map((width) => `${width}px`).join(" ")}`
  const [head = [], ...body] = rows
  const figures = Array.from({ length: columns }, (_, column) => isFigure(body[0]?.[column] ?? ""))
  /** @param {string[]} cells @param {string} number @param {number} index @param {"columnheader" | "cell"} role */
  const line = (cells, number, index, role) => element("div", { class: `table-row table-${role}s`, role: "row", "aria-rowindex": index, style: `grid-template-columns: ${template}` },
    element("span", { class: "table-number", role: role === "cell" ? "rowheader" : "columnheader" }, number),
    ...Array.from({ length: columns }, (_, column) => cell(cells[column] ?? "", role, figures[column])))

  const view = new VirtualRows(rowHeight, (/** @type {{ cells: string[], number: number }} */ { number }) => String(number),
    ({ cells, number }) => line(cells, number.toLocaleString("en"), number + 1, "cell"), {
      class: "virtual-rows table-view", role: "table", tabindex: 0, "aria-label": "Table", "aria-rowcount": rows.length, "aria-colcount": columns + 1,
    })
  view.content.setAttribute("role", "rowgroup")
  view.element.prepend(element("div", { class: "table-head", role: "rowgroup" }, line(head, "", 1, "columnheader")))
  view.show(body.map((cells, index) => ({ cells, number: index + 1 })))
  const about = `${isWhole ? "" : "the first "}${count(body.length, "row")} × ${count(columns, "column")}`
  return { element: view.element, about }
}

/** @param {string} text @param {string} delimiter "" to find out */
export function rowsOf(text, delimiter) {
  const { data, meta } = Papa.parse(text.replace(/^\ufeff/, ""), { delimiter, skipEmptyLines: "greedy", preview: maxRows + 1 })
  return { rows: /** @type {string[][]} */ (data), isWhole: !meta.truncated }
}

/** @param {string} text */
function isFigure(text) {
  return text.trim() !== "" && !Number.isNaN(Number(text))
}

/** @param {string} text @param {string} role @param {boolean} ofFigures whether its column is one of numbers */
function cell(text, role, ofFigures) {
  const shown = text.length > maxCellCharacters ? `${text.slice(0, maxCellCharacters)}…` : text
  return element("bdi", { role, class: (role === "cell" ? isFigure(text) : ofFigures) && "table-figure", title: shown.length > 24 && shown }, shown)
}

/** @param {string[][]} rows @param {number} columns */
function widths(rows, columns) {
  return Array.from({ length: columns }, (_, column) => {
    const longest = rows.slice(0, measuredRows).reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0)
    return Math.min(320, Math.max(64, Math.ceil(longest * 7.6) + 24))
  })
}
