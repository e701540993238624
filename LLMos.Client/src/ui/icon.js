import { createElement } from "lucide"

/** @param {import("lucide").IconNode} node one of lucide's @param {number} [size] px */
export function icon(node, size = 16) {
  const svg = createElement(node, { width: size, height: size, "stroke-width": 1.75, "aria-hidden": "true", focusable: "false" })
  svg.classList.add("icon")
  return svg
}

/** The mark: a thing kept safely in its box. @param {number} [size] px */
export function mark(size = 20) {
  return icon([
    ["path", { d: "M14.5 3.5H8A4.5 4.5 0 0 0 3.5 8v8A4.5 4.5 0 0 0 8 20.5h8a4.5 4.5 0 0 0 4.5-4.5V9.5" }],
    ["path", { d: "m8.5 9.5 3 2.75-3 2.75" }],
    ["circle", { cx: "19", cy: "5", r: "2", fill: "currentColor" }],
  ], size)
}
