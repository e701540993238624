import uPlot from "uplot"
import { element } from "../ui/element.js"
import { exactClock } from "../ui/format.js"
import { watchTheme } from "../ui/theme.js"

/** @import { Telemetry } from "./telemetry.js" */

const colours = ["--accent", "--bad", "--good", "--code-number", "--code-keyword", "--code-function", "--code-string", "--warned"]

/** Draws the numbers that a board prints, over time. Loaded when it is first shown. */
export class PlotView {
  /** @type {uPlot | null} */
  #plot = null
  #names = ""
  #frame = 0

  /** @param {Telemetry} telemetry */
  constructor(telemetry) {
    this.telemetry = telemetry
    this.drawing = element("div", { class: "plot-drawing" })
    this.empty = element("p", { class: "device-note" }, "Lines such as temperature:21.5 humidity:40 are drawn here as they come.")
    this.clear = element("button", { class: "button small", type: "button", onclick: () => (telemetry.clear(), this.draw()) }, "Clear")
    this.element = element("section", { class: "device-aside-inner plot", "aria-label": "Plot" }, this.empty, this.drawing, this.clear)
    new ResizeObserver(() => this.draw()).observe(this.element)
    watchTheme(() => {
      this.#names = ""
      this.draw()
    })
  }

  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#drawNow()
    })
  }

  #drawNow() {
    const { times, series } = this.telemetry
    this.empty.hidden = times.length > 0
    this.clear.hidden = times.length === 0
    this.drawing.hidden = times.length === 0
    if (this.drawing.hidden || this.drawing.clientWidth === 0)
      return
    const size = { width: this.drawing.clientWidth, height: Math.max(160, Math.min(360, this.element.clientHeight - 110)) }
    const data = /** @type {uPlot.AlignedData} */ ([times, ...series.values()])
    const names = [...series.keys()].join("\n")
    if (!this.#plot || names !== this.#names) {
      this.#names = names
      this.#plot?.destroy()
      this.#plot = new uPlot(this.#options(size), data, this.drawing)
    } else {
      if (this.#plot.width !== size.width || this.#plot.height !== size.height)
        this.#plot.setSize(size)
      this.#plot.setData(data)
    }
    // The newest numbers, unless the pointer is at others.
    if ((this.#plot.cursor.left ?? -1) < 0)
      this.#plot.setLegend({ idx: times.length - 1 })
  }

  /** @param {{ width: number, height: number }} size @returns {uPlot.Options} */
  #options(size) {
    const axis = { font: "11px Inter Variable, sans-serif", stroke: colourOf(this.drawing, "--text-soft"), grid: { stroke: colourOf(this.drawing, "--border"), width: 1 }, ticks: { show: false } }
    return {
      ...size,
      axes: [{ ...axis, space: 72, values: (_, times) => times.map(timeWord) }, { ...axis, size: 56 }],
      series: [{ label: "Time", value: (_, time) => time === null ? "–" : timeWord(time) }, ...[...this.telemetry.series.keys()].map((label, index) => ({ label, stroke: colourOf(this.drawing, colours[index % colours.length]), width: 1.5, spanGaps: true }))],
    }
  }
}

/** @param {number} seconds since 1970 */
function timeWord(seconds) {
  return exactClock(new Date(seconds * 1000)).slice(0, 8)
}

/** A canvas knows no custom properties. @param {HTMLElement} from @param {string} name */
function colourOf(from, name) {
  const probe = element("span", { style: `color: var(${name})` })
  from.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}
