import { ArrowUpRight, CircleAlert, Clock, Gauge, Lightbulb } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"
import { displayView } from "./display-block.js"
import { limitSentence, stateTone } from "./run-words.js"
import { lossView } from "./session-loss.js"

/** @import { LimitReached, RunError, RunProgress } from "../contracts/runs.js" */
/** @import { Block, Segment, TextBlock } from "./transcript.js" */

/**
 * @typedef {object} BlockView
 * @property {HTMLElement} element
 * @property {(block: any) => void} [update]
 * @property {() => void} [dispose]
 */
/** @typedef {{ lineChosen(line: number): void }} BlockDelegate */

const lineHeight = 21
const lineCharacters = 80

/** @param {Block} block @param {BlockDelegate} delegate @returns {BlockView} */
export function viewOf(block, delegate) {
  switch (block.kind) {
    case "text":
      return textView(/** @type {TextBlock} */ (block))
    case "display":
    case "result":
      return displayView(block)
    case "progress":
      return progressView(block)
    case "error":
      return errorView(block, delegate)
    case "limit":
      return limitView(/** @type {any} */ (block).value)
    case "loss":
      return lossView(/** @type {any} */ (block).value)
    default:
      return noteView(CircleAlert, /** @type {any} */ (block).value.sentence, stateTone(/** @type {any} */ (block).value.state))
  }
}

/** @param {TextBlock} first @returns {BlockView} */
function textView(first) {
  const text = element("pre", { class: "text" })
  /** @param {TextBlock} block */
  const update = (block) => {
    fill(text, ...block.closed.map(span), ...block.open.map(span))
    // What is far from the window is not laid out; this is the height it is taken for until then.
    text.style.containIntrinsicBlockSize = `auto ${Math.max(1, block.lines, Math.ceil(block.size / lineCharacters)) * lineHeight}px`
  }
  update(first)
  return { element: text, update }
}

/** @param {Segment} segment */
function span({ text, style }) {
  return style === "" ? text : element("span", { class: style }, text)
}

/** @param {any} first @returns {BlockView} */
function progressView(first) {
  const label = element("span", { class: "progress-label" })
  const figure = element("span", { class: "progress-figure" })
  const bar = element("progress")
  const whole = element("div", { class: "progress" }, label, figure, bar)

  /** @param {{ value: RunProgress }} block */
  const update = ({ value: { done, total, label: words } }) => {
    label.textContent = words || "Progress"
    bar.setAttribute("aria-label", words || "Progress")
    if (total) {
      bar.max = total
      bar.value = Math.min(done, total)
      figure.textContent = `${amount(done)} of ${amount(total)} · ${Math.floor(Math.min(1, done / total) * 100)} %`
    } else {
      bar.removeAttribute("value")
      figure.textContent = amount(done)
    }
    whole.classList.toggle("progress-complete", Boolean(total) && done >= Number(total))
  }
  update(first)
  return { element: whole, update }
}

/** @param {number} number */
function amount(number) {
  return number.toLocaleString("en", { maximumFractionDigits: 2 })
}

/** @param {any} block @param {BlockDelegate} delegate @returns {BlockView} */
function errorView({ value }, delegate) {
  /** @type {RunError} */
  const { name, message, line, traceback, hint } = value
  const toLine = line !== null && element("button", { class: "button small line-link", type: "button", onclick: () => delegate.lineChosen(line) },
    `Line ${line}`, icon(ArrowUpRight, 13))

  return {
    element: element("section", { class: "error", "aria-label": `Error: ${name}` },
      element("header", {}, element("p", { class: "error-title" }, element("strong", {}, name), message && `: ${message}`), toLine),
      hint && element("p", { class: "error-hint" }, icon(Lightbulb, 15), element("span", {}, hint)),
      traceback && element("details", { open: true },
        element("summary", {}, "Traceback"),
        element("pre", { tabindex: 0 }, traceback.trimEnd()))),
  }
}

/** @param {LimitReached} limit @returns {BlockView} */
function limitView(limit) {
  return noteView(/seconds$/i.test(limit.name) ? Clock : Gauge, limitSentence(limit), "warned")
}

/** @param {import("lucide").IconNode} sign @param {string} sentence @param {string} tone @returns {BlockView} */
function noteView(sign, sentence, tone) {
  return { element: element("p", { class: `note note-${tone}` }, icon(sign, 15), element("span", {}, sentence)) }
}
