import { Check, ShieldAlert, ShieldCheck, ShieldX, X } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { attachPopover } from "../ui/popover.js"

/** @import { IsolationAnswer, IsolationLayer } from "../contracts/runs.js" */

/** Whether the sandbox holds, as a badge; the layers one by one behind it. */
export class IsolationBadge {
  /** @param {() => Promise<IsolationAnswer>} read */
  constructor(read) {
    this.read = read
    this.button = element("button", { class: "badge", type: "button", "data-testid": "isolation" }, "Sandbox")
    this.panel = element("div", { class: "layers", role: "dialog", "aria-label": "Isolation of runs" })
    this.element = element("div", { class: "anchor" }, this.button)
    attachPopover(this.button, this.panel)
  }

  async refresh() {
    const answer = await this.read()
    const missing = answer.layers.filter((layer) => !layer.held)
    const [tone, sign, words] = !answer.ready
      ? /** @type {const} */ (["bad", ShieldX, "Runs are off"])
      : missing.length > 0
        ? /** @type {const} */ (["warned", ShieldAlert, `Without ${missing.map((layer) => layer.name).join(", ")}`])
        : /** @type {const} */ (["good", ShieldCheck, "Isolated"])

    this.button.className = `badge badge-${tone}`
    fill(this.button, icon(sign, 15), element("span", {}, words))
    fill(this.panel,
      element("h2", {}, answer.ready && missing.length === 0 ? "Every layer of the sandbox holds" : "Not every layer of the sandbox holds"),
      element("p", { class: "hint" }, "Each was tried by a real run when the server started."),
      answer.reason && element("p", { class: "layers-reason" }, answer.reason),
      element("ul", {}, ...answer.layers.map(layerRow)))
    return answer
  }
}

/** @param {IsolationLayer} layer */
function layerRow({ name, held, required, detail }) {
  return element("li", { class: held ? "layer-held" : "layer-missing" },
    icon(held ? Check : X, 16),
    element("div", {},
      element("strong", {}, name),
      element("span", { class: "hint" }, ` ${held ? "holds" : required ? "missing, and required" : "missing, not required here"}`),
      element("p", {}, detail)))
}
