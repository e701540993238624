import { element } from "./element.js"

/** A small labelled meter: how much of a limit was used. @param {string} label */
export function meter(label) {
  const value = element("span", { class: "meter-value" })
  const fill = element("span", { class: "meter-fill" })
  const bar = element("span", { class: "meter-bar", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, fill)
  const whole = element("div", { class: "meter" }, element("span", { class: "meter-label" }, label), value, bar)

  return {
    element: whole,
    /** @param {string} text @param {number | null} share of the limit, 0 to 1; null when there is none to compare with */
    set(text, share) {
      value.textContent = text
      bar.hidden = share === null
      const percent = Math.round(Math.min(1, Math.max(0, share ?? 0)) * 100)
      bar.setAttribute("aria-valuenow", String(percent))
      bar.setAttribute("aria-valuetext", text)
      fill.style.width = share ? `max(2px, ${percent}%)` : "0"
      whole.classList.toggle("meter-high", percent >= 90)
    },
  }
}
