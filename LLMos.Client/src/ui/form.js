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

/** @param {string} label @param {import("./element.js").Attributes} attributes of the input @param {string} [hint] */
export function labelledInput(label, attributes, hint) {
  const id = nextId()
  const input = element("input", { id, class: "field", type: "text", required: true, "aria-describedby": hint && `${id}-hint`, ...attributes })
  return { input, element: labelled(id, label, input, hint && element("small", { id: `${id}-hint`, class: "hint" }, hint)) }
}

/** @param {string} label @param {[string, string][]} choices value and words @param {string} [chosen] */
export function labelledSelect(label, choices, chosen) {
  const id = nextId()
  const select = element("select", { id, class: "field" }, ...choices.map(([value, words]) => element("option", { value, selected: value === chosen }, words)))
  return { select, element: labelled(id, label, select) }
}

/** @param {string} label */
export function labelledCheckbox(label) {
  const input = element("input", { type: "checkbox" })
  return { input, element: element("label", { class: "check" }, input, label) }
}

/** @param {string} id @param {string} label @param {...import("./element.js").Child} content */
function labelled(id, label, ...content) {
  return element("div", { class: "labelled" }, element("label", { for: id }, label), ...content)
}

let fields = 0

function nextId() {
  fields += 1
  return `field-${fields}`
}
