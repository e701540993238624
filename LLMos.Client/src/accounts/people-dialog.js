import { KeyRound, ShieldOff, Trash2 } from "lucide"
import { openConfirmation, openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { labelledSelect, sentForm } from "../ui/form.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"
import { newPasswordField, userField } from "./account-fields.js"

/** @import { Account, Person, Role } from "../contracts/accounts.js" */
/** @import { AccountClient } from "./account-client.js" */

/** @type {[Role, string][]} */
const roles = [["member", "Member"], ["viewer", "Viewer"], ["administrator", "Administrator"]]

/** @param {AccountClient} accounts @param {Account} me */
export function openPeopleDialog(accounts, me) {
  const list = element("ul", { class: "rows", "aria-label": "People" })
  const user = userField({ autocomplete: "off" })
  const password = newPasswordField("First password")
  const role = labelledSelect("Role", roles)

  const refresh = async () => {
    const people = await accounts.people()
    fill(list, ...people.map((person) => personRow(accounts, person, person.id === me.id, attempt)))
  }
  /** @param {Promise<unknown>} deed */
  const attempt = (deed) => deed.catch((problem) => toast(problem.message, "error")).then(refresh)

  const form = sentForm("Add person", [element("div", { class: "form-row" }, user.element, password.element, role.element)], async () => {
    await accounts.addPerson(user.input.value.trim(), password.input.value, /** @type {Role} */ (role.select.value))
    user.input.value = password.input.value = ""
    await refresh()
  })
  openDialog("People", "Members run programs, viewers only look. Tell a new person their first password; they can change it.", list, form)
  void attempt(Promise.resolve())
}

/** @param {AccountClient} accounts @param {Person} person @param {boolean} isMe @param {(deed: Promise<unknown>) => void} attempt */
function personRow(accounts, person, isMe, attempt) {
  const role = element("select", {
    class: "field small",
    "aria-label": `Role of ${person.user}`,
    disabled: isMe,
    onchange: () => attempt(accounts.changePerson(person.id, { role: /** @type {Role} */ (role.value) })),
  }, ...roles.map(([value, words]) => element("option", { value, selected: value === person.role }, words)))
  const remove = () => openConfirmation(`Remove ${person.user}?`, "They are signed out at once, and what they run ends. Their files, runs, sessions, tokens and lent devices are deleted for good; what they wrote into team/ stays.", "Remove",
    () => attempt(accounts.removePerson(person.id)))
  const tokens = `${person.tokens} API ${person.tokens === 1 ? "token" : "tokens"}`
  const endTokens = () => openConfirmation(`End all API tokens of ${person.user}?`, "What uses them is refused from now on, and what was begun with them ends.", "End tokens",
    () => attempt(accounts.revokeTokensOf(person.id)))

  return element("li", {},
    element("div", { class: "rows-text" }, element("strong", {}, person.user), isMe && element("small", {}, "you"), person.tokens > 0 && element("small", {}, tokens)),
    role,
    element("button", { class: "button quiet square", type: "button", disabled: person.tokens === 0, title: "End all API tokens", "aria-label": `End all API tokens of ${person.user}`, onclick: endTokens }, icon(ShieldOff)),
    element("button", { class: "button quiet square", type: "button", disabled: isMe, title: "Set a new password", "aria-label": `Set a new password for ${person.user}`, onclick: () => openResetDialog(accounts, person) }, icon(KeyRound)),
    element("button", { class: "button quiet square", type: "button", disabled: isMe, title: "Remove", "aria-label": `Remove ${person.user}`, onclick: remove }, icon(Trash2)))
}

/** @param {AccountClient} accounts @param {Person} person */
function openResetDialog(accounts, person) {
  const password = newPasswordField("New password")
  const dialog = openDialog(`New password for ${person.user}`, "They are signed out everywhere, and their API tokens end.", sentForm("Set password", [password.element], async () => {
    await accounts.changePerson(person.id, { password: password.input.value })
    dialog.close()
    toast(`${person.user} has a new password.`)
  }))
}
