import { Check, Shield, ShieldAlert, ShieldCheck, ShieldX, X } from "lucide"
import { element, fill } from "../ui/element.js"
import { count, roughly } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { attachPopover } from "../ui/popover.js"

/** @import { AttackOutcome, AttackSummary, IsolationAnswer, IsolationLayer } from "../contracts/runs.js" */

const shownBroken = 12

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

  /** Shows what the server knows now. `isStarting`: it does not know yet whether programs can run. */
  async refresh() {
    const answer = await this.read()
    const isStarting = !answer.ready && answer.probedAt === null
    const missing = answer.layers.filter((layer) => !layer.held)
    const broken = answer.lastAttack?.broken ?? []
    const [tone, sign, words] = isStarting
      ? /** @type {const} */ (["waiting", Shield, "Starting…"])
      : !answer.ready
        ? /** @type {const} */ (["bad", ShieldX, "Runs are off"])
        : broken.length > 0
          ? /** @type {const} */ (["bad", ShieldX, `${count(broken.length, "attack")} came through`])
          : missing.length > 0
            ? /** @type {const} */ (["warned", ShieldAlert, `Without ${missing.map((layer) => layer.name).join(", ")}`])
            : /** @type {const} */ (["good", ShieldCheck, "Isolated"])

    this.button.className = `badge badge-${tone}`
    fill(this.button, icon(sign, 15), element("span", {}, words))
    fill(this.panel,
      element("h2", {}, isStarting ? "The sandbox is starting" : answer.ready && missing.length === 0 ? "Every layer of the sandbox holds" : "Not every layer of the sandbox holds"),
      element("p", { class: "hint" }, isStarting ? "Programs can run in a few seconds." : "Each was tried by a real run when the server started."),
      !isStarting && answer.reason && element("p", { class: "layers-reason" }, answer.reason),
      element("ul", {}, ...answer.layers.map(layerRow)),
      ...attackLines(answer.lastAttack))
    return { ...answer, isStarting }
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

/** @param {AttackSummary | null} attack @returns {HTMLElement[]} */
function attackLines(attack) {
  if (!attack)
    return [element("p", { class: "hint" }, "Nobody has attacked this install yet: run LLMos.Server doctor --attack on its host.")]
  const more = attack.broken.length - shownBroken
  return [
    element("p", { class: attack.broken.length ? "layers-reason" : "hint", "data-testid": "last-attack" },
      `${attack.held} of ${count(attack.attacks, "attack")} held, ${roughly(Date.now() - Date.parse(attack.at))} ago`),
    ...(attack.broken.length > 0 ? [element("ul", {}, ...attack.broken.slice(0, shownBroken).map(brokenRow))] : []),
    ...(more > 0 ? [element("p", { class: "hint" }, `and ${more} more: run LLMos.Server doctor --attack on the host`)] : []),
  ]
}

/** @param {AttackOutcome} attack */
function brokenRow({ name, layer, seen }) {
  return element("li", { class: "layer-missing" },
    icon(X, 16),
    element("div", {}, element("strong", {}, `${layer} · ${name}`), element("p", {}, seen)))
}
