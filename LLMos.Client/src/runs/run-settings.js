import { SlidersHorizontal } from "lucide"
import { element, fill } from "../ui/element.js"
import { labelledInput } from "../ui/form.js"
import { icon } from "../ui/icon.js"
import { attachPopover } from "../ui/popover.js"

/** @import { LimitsAnswer, StartRunRequest } from "../contracts/runs.js" */

/** What the next run asks for: time, heap, and what input() reads. */
export class RunSettings {
  constructor() {
    const seconds = numberField("Time, seconds", "1", "any")
    const megabytes = numberField("Heap, MB", "1", "1")
    this.seconds = seconds.input
    this.megabytes = megabytes.input
    this.stdin = element("textarea", { id: "stdin", rows: 4, spellcheck: "false", class: "field mono", placeholder: "One line for each input()" })
    this.fault = element("p", { class: "form-failure", role: "alert", hidden: true })
    this.note = element("p", { class: "hint" })
    this.button = element("button", { class: "button quiet", type: "button", title: "Limits and input of the next run" })
    this.panel = element("div", { class: "settings", role: "dialog", "aria-label": "Limits and input" },
      element("div", { class: "settings-row" }, seconds.element, megabytes.element), this.fault,
      element("div", { class: "labelled" }, element("label", { for: "stdin" }, "Standard input"), this.stdin),
      this.note)
    this.element = element("div", { class: "anchor" }, this.button)
    attachPopover(this.button, this.panel)
    this.panel.addEventListener("input", () => this.#tell())
    this.#tell()
  }

  /** @param {LimitsAnswer} answer */
  allow({ limits, maxTimeoutSeconds, maxHeapMegabytes, pythonVersion }) {
    this.seconds.max = String(maxTimeoutSeconds)
    this.megabytes.max = String(maxHeapMegabytes)
    this.seconds.placeholder = String(limits.timeoutSeconds)
    this.megabytes.placeholder = String(limits.heapMegabytes)
    fill(this.note, `Python ${pythonVersion}. At most ${maxTimeoutSeconds} s and ${maxHeapMegabytes} MB; one run at a time for each person.`)
    this.#tell()
  }

  /** @returns {Omit<StartRunRequest, "code"> | null} null after telling which field is wrong */
  request() {
    const wrong = this.#wrong
    if (wrong) {
      this.panel.showPopover()
      wrong.focus()
      return null
    }
    return {
      language: "python",
      ...this.stdin.value !== "" && { stdin: this.stdin.value },
      ...this.seconds.value !== "" && { timeoutSeconds: this.seconds.valueAsNumber },
      ...this.megabytes.value !== "" && { heapMegabytes: this.megabytes.valueAsNumber },
    }
  }

  get #wrong() {
    return [this.seconds, this.megabytes].find((field) => !field.checkValidity())
  }

  #tell() {
    const wrong = this.#wrong
    this.fault.hidden = !wrong
    this.fault.textContent = wrong ? `${wrong === this.seconds ? "Time is" : "Heap is"} a number from ${wrong.min} to ${wrong.max}.` : ""
    for (const field of [this.seconds, this.megabytes])
      field.setAttribute("aria-invalid", String(field === wrong))
    const seconds = this.seconds.value || this.seconds.placeholder
    const megabytes = this.megabytes.value || this.megabytes.placeholder
    const limits = seconds ? `${seconds} s · ${megabytes} MB` : "Limits"
    const words = this.stdin.value ? `${limits} · input` : limits
    this.button.setAttribute("aria-label", `${words}, limits and input of the next run`)
    fill(this.button, icon(SlidersHorizontal), element("span", { class: "wide-only settings-word" }, words))
  }
}

/** @param {string} label @param {string} min @param {string} step */
function numberField(label, min, step) {
  return labelledInput(label, { type: "number", inputmode: "decimal", required: false, min, step })
}
