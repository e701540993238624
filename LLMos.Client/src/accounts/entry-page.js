import { element } from "../ui/element.js"
import { sentForm } from "../ui/form.js"
import { mark } from "../ui/icon.js"
import { currentPasswordField, newPasswordField, userField } from "./account-fields.js"

/** @import { AccountClient } from "./account-client.js" */

/** @param {string} title @param {string | null} words @param {...Node} content */
function entryPage(title, words, ...content) {
  return element("main", { class: "entry" },
    element("div", { class: "entry-card" },
      element("div", { class: "entry-brand" }, mark(30), element("span", {}, "LLMos")),
      element("h1", {}, title),
      words && element("p", { class: "entry-words" }, words),
      ...content))
}

/** @param {AccountClient} accounts @param {() => void} entered @param {string | null} words */
export function logInPage(accounts, entered, words) {
  const user = userField({ autocomplete: "username", autofocus: true })
  const password = currentPasswordField("Password")

  return entryPage("Sign in", words, sentForm("Sign in", [user.element, password.element], async () => {
    await accounts.logIn(user.input.value.trim(), password.input.value)
    entered()
  }))
}

/** @param {AccountClient} accounts @param {string} token @param {() => void} entered */
export function setUpPage(accounts, token, entered) {
  const user = userField({ autocomplete: "username", autofocus: true })
  const password = newPasswordField("Password")

  return entryPage("Become the administrator", "This server is new. Choose the name and password of its first person; the link that brought you here then stops working.",
    sentForm("Create the account", [user.element, password.element], async () => {
      await accounts.setUp(token, user.input.value.trim(), password.input.value)
      entered()
    }))
}

/** For somebody who opens a new server without its link. */
export function awaitingSetUpPage() {
  return entryPage("This server has no administrator yet",
    "Its log holds a link that ends in #setup=…; open that link to become the administrator. It is printed each time the server starts.",
    element("button", { class: "button", type: "button", onclick: () => location.reload() }, "Look again"))
}

/** @param {string} sentence */
export function unreachablePage(sentence) {
  return entryPage("No answer", sentence, element("button", { class: "button primary", type: "button", onclick: () => location.reload() }, "Try again"))
}
