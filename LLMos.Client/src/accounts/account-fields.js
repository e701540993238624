import { labelledInput } from "../ui/form.js"

// The rules of UserName.cs and Password.cs, said before the server has to.
const nameRule = { pattern: "[A-Za-z0-9._\\-]{1,64}", title: "1 to 64 letters, digits, '.', '_' or '-'" }
const passwordRule = { minlength: 10, maxlength: 256 }

/** @param {import("../ui/element.js").Attributes} attributes */
export function userField(attributes) {
  return labelledInput("User name", { name: "user", autocapitalize: "none", spellcheck: "false", ...nameRule, ...attributes })
}

/** @param {string} label */
export function newPasswordField(label) {
  return labelledInput(label, { name: "new-password", type: "password", autocomplete: "new-password", ...passwordRule }, "At least 10 characters.")
}

/** @param {string} label */
export function currentPasswordField(label) {
  return labelledInput(label, { name: "password", type: "password", autocomplete: "current-password" })
}
