import { element } from "../ui/element.js"
import { isSessionName } from "./session-choice.js"

/** @param {(name: string) => void} named */
export function newSessionForm(named) {
  const input = element("input", {
    class: "field", "aria-label": "Name of a new session", placeholder: "Name of a new session", maxlength: 64,
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", oninput: () => input.setCustomValidity(""),
  })
  return element("form", {
    class: "session-form",
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault()
      const name = input.value.trim()
      if (isSessionName(name)) {
        input.value = ""
        named(name)
        return
      }
      input.setCustomValidity(name === "" ? "Give it a name first." : "Only the letters A to Z, digits, dot, underscore and hyphen.")
      input.reportValidity()
    },
  }, input, element("button", { class: "button", type: "submit" }, "Use"))
}
