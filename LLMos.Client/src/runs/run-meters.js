import { element } from "../ui/element.js"
import { bytes, duration } from "../ui/format.js"
import { meter } from "../ui/meter.js"

/** @import { RunOutput } from "./run-output.js" */

/** The limits of a run and their use, as a line of small meters. */
export class RunMeters {
  constructor() {
    this.time = meter("Time")
    this.processor = meter("CPU")
    this.heap = meter("Peak heap")
    this.output = meter("Output")
    this.element = element("footer", { class: "meters", hidden: true, "aria-label": "Limits and their use" },
      this.time.element, this.processor.element, this.heap.element, this.output.element)
  }

  /** @param {RunOutput} run @param {number} elapsed milliseconds */
  show(run, elapsed) {
    const { limits, usage } = run
    this.element.hidden = !limits
    if (!limits)
      return

    const wall = usage?.wallMilliseconds ?? elapsed
    const timeLimit = limits.timeoutSeconds * 1000
    this.time.set(`${duration(wall)} of ${duration(timeLimit)}`.replace(/\.0+ s$/, " s"), wall / timeLimit)

    for (const { element: whole } of [this.processor, this.heap, this.output])
      whole.hidden = !usage
    if (!usage)
      return
    const heapLimit = limits.heapMegabytes * 1024 * 1024
    this.processor.set(duration(usage.cpuMilliseconds), null)
    this.heap.set(`${bytes(usage.peakHeapBytes)} of ${bytes(heapLimit)}`, usage.peakHeapBytes / heapLimit)
    this.output.set(`${bytes(usage.outputBytes)} of ${bytes(limits.outputBytes)}`, usage.outputBytes / limits.outputBytes)
  }
}
