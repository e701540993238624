import { AudioWaveform, ChartLine, Gauge, Table2 } from "lucide"
import { element } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { examples } from "./examples.js"

/** @import { Example } from "./examples.js" */

const signs = [Gauge, ChartLine, Table2, AudioWaveform]

/** What the output side shows before the first run. */
export class ExampleCards {
  /** @param {(example: Example) => void} chosen @param {boolean} canRun */
  constructor(chosen, canRun) {
    this.element = element("div", { class: "empty" },
      element("div", { class: "empty-inner" },
        element("h3", {}, canRun ? "Ready to run" : "Nothing to show"),
        element("p", {}, canRun ? "Write some Python, or begin with an example." : "You may look at the examples; running them takes the role of member."),
        element("ul", { class: "cards" }, ...examples.map((example, index) =>
          element("li", {},
            element("button", { class: "card", type: "button", onclick: () => chosen(example) },
              icon(signs[index], 18),
              element("span", {}, element("strong", {}, example.title), element("small", {}, example.about))))))))
  }
}
