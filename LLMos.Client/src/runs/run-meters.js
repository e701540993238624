import { element } from "../ui/element.js"
import { bytes, duration, portion, setDuration } from "../ui/format.js"
import { meter } from "../ui/meter.js"

/** @import { RunOutput } from "./run-output.js" */

/** The limits of a run and their use, as a line of small meters. */
export class RunMeters {
  constructor() {
    this.time = meter("Time")
    this.processor = meter("CPU")
    this.heap = meter("Heap")
    this.output = meter("Output")
    this.element = element("footer", { class: "meters", role: "group", hidden: true, "aria-label": "Limits and their use" },
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
    this.time.set(portion(duration(wall), setDuration(timeLimit)), wall / timeLimit)

    for (const { element: whole } of [this.processor, this.heap, this.output])
      whole.hidden = !usage
    if (!usage)
      return
    const heapLimit = limits.heapMegabytes * 1024 * 1024
    this.processor.set(duration(usage.cpuMilliseconds), null)
    // What was asked for at last was not given, so it is not in the peak.
    if (run.limit?.name === "heapMegabytes")
      this.heap.set(`past ${bytes(heapLimit)}`, 1)
    else
      this.heap.set(portion(bytes(usage.peakHeapBytes), bytes(heapLimit)), usage.peakHeapBytes / heapLimit)
    this.output.set(portion(bytes(usage.outputBytes), bytes(limits.outputBytes)), usage.outputBytes / limits.outputBytes)
  }
}
