import { cleanHtml } from "./clean-markup.js"
import { element } from "./element.js"
import { count } from "./format.js"
import { shownTheme } from "./theme.js"

const rowHeight = 29
const lineHeight = 21
const tallest = 420
const margin = 2

/** What shows without having text. */
const seen = "img, svg, table, hr, input, meter, progress, math"

/**
 * Foreign HTML in a frame that runs no scripts, loads nothing and has an origin of its own. Such a frame cannot be
 * measured from outside: its rows have a fixed height and are counted instead.
 * @param {string} foreign
 * @returns {{ element: HTMLIFrameElement, about: string, paint: () => void } | null} null: there is nothing to see without scripts
 */
export function htmlFrame(foreign) {
  const body = cleanHtml(foreign)
  const html = body.innerHTML
  const isSeen = body.querySelector(seen) !== null
  const shape = shapeOf(body)
  if (!isSeen && shape.lines === 0)
    return null
  const about = shape.said ?? (shape.bodyRows > 0 ? `${count(shape.bodyRows, "row")} × ${count(shape.columns, "column")}` : "HTML")
  const title = shape.bodyRows > 0 ? `Table, ${about}` : "HTML of the program"
  const frame = element("iframe", { class: "html-frame", sandbox: "", title, loading: "lazy", referrerpolicy: "no-referrer" })
  const paint = () => {
    frame.srcdoc = documentOf(html, getComputedStyle(document.documentElement))
  }
  frame.style.height = `${heightOf(shape)}px`
  paint()
  return { element: frame, about, paint }
}

/** @typedef {{ rows: number, bodyRows: number, columns: number, lines: number, said: string | null }} HtmlShape lines: of text outside of tables */

/** Pixels; what is longer scrolls. @param {{ rows: number, lines: number }} shape */
export function heightOf({ rows, lines }) {
  const scrollbar = 14
  return Math.min(tallest, Math.max(44, rows * rowHeight + lines * lineHeight + margin + scrollbar))
}

/** Takes out of it what it has counted. @param {HTMLElement} parsed @returns {HtmlShape} */
function shapeOf(parsed) {
  const rows = parsed.querySelectorAll("tr").length
  const bodyRows = [...parsed.querySelectorAll("tr")].filter((row) => row.querySelector("td"))
  const columns = bodyRows[0]?.querySelectorAll("td").length ?? 0
  parsed.querySelectorAll("table, style").forEach((node) => node.remove())
  const text = parsed.textContent ?? ""
  const blocks = parsed.querySelectorAll("p, li, h1, h2, h3, h4, pre, br, hr").length
  const lines = text.trim() === "" ? 0 : Math.max(blocks, Math.ceil(text.trim().length / 90), 1)
  // pandas shows the head and tail of a long table, and says below how long it is.
  const said = /\d{1,15} rows × \d{1,15} columns/.exec(text)?.[0] ?? null
  return { rows, bodyRows: bodyRows.length, columns, lines, said }
}

/** @param {string} html @param {CSSStyleDeclaration} tokens */
function documentOf(html, tokens) {
  const token = (/** @type {string} */ name) => tokens.getPropertyValue(name)
  const theme = shownTheme()
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta http-equiv="x-dns-prefetch-control" content="off">
<style>
:root{color-scheme:${theme}}
body{margin:0;scrollbar-width:thin;font:13px/${lineHeight}px ui-sans-serif,system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:${token("--frame-text")};background:${token("--frame-surface")}}
body>p,body>div>p{margin:0;padding:0 12px;font-size:12px;color:${token("--frame-soft")}}
table{border-collapse:separate!important;border-spacing:0;border:0;font-variant-numeric:tabular-nums}
th,td{height:${rowHeight - 1}px;padding:0 12px!important;border:0;border-bottom:1px solid ${token("--frame-border")};text-align:right;white-space:nowrap;box-sizing:content-box}
td,tbody th{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px}
thead{position:sticky;top:0}
thead th{background:${token("--frame-surface")};font-weight:600;font-size:12px}
tbody th{font-weight:400;color:${token("--frame-soft")};text-align:left!important}
tbody tr:hover>*{background:${token("--frame-head")}}
img{max-width:100%}
</style><body tabindex="0">${html}</body></html>`
}
