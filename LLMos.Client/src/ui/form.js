import { element } from "./element.js"

/**
 * A form that is sent by script: one button, one sentence when it fails, no second sending while the first is under way.
 * @param {string} deed words of the button @param {HTMLElement[]} fields @param {() => Promise<void>} send
 */
export function sentForm(deed, fields, send) {
  const failure = element("p", { class: "form-failure", role: "alert", hidden: true })
  const button = element("button", { class: "button primary", type: "submit" }, deed)
  const form = element("form", { class: "form" }, ...fields, failure, button)

  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    if (button.disabled)
      return
    button.disabled = true
    failure.hidden = true
    try {
      await send()
    } catch (error) {
      failure.textContent = error instanceof Error ? error.message : String(error)
      failure.hidden = false
    } finally {
      button.disabled = false
    }
  })
  return form
}

/**
 * @param {string} label @param {import("./element.js").Attributes} attributes of the input @param {string} [hint]
 */
export function labelledInput(label, attributes, hint) {
  const input = element("input", { class: "field", type: "text", required: true, ...attributes })
  return { input, element: element("label", {}, label, input, hint && element("small", { class: "hint" }, hint)) }
}

/** @param {string} label @param {[string, string][]} choices value and words @param {string} [chosen] */
export function labelledSelect(label, choices, chosen) {
  const select = element("select", { class: "field" }, ...choices.map(([value, words]) => element("option", { value, selected: value === chosen }, words)))
  return { select, element: element("label", {}, label, select) }
}
