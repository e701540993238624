import { Copy, Trash2 } from "lucide"
import { copyText } from "../ui/copy-text.js"
import { openConfirmation, openDialog } from "../ui/dialog.js"
import { element, fill } from "../ui/element.js"
import { labelledInput, labelledSelect, sentForm } from "../ui/form.js"
import { date } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { toast } from "../ui/toast.js"

/** @import { AccessToken, CreatedToken } from "../contracts/accounts.js" */
/** @import { AccountClient } from "./account-client.js" */

/** @param {AccountClient} accounts */
export function openTokensDialog(accounts) {
  const list = element("ul", { class: "rows", "aria-label": "Your tokens" })
  const created = element("div", { class: "secret", role: "status", hidden: true })
  const name = labelledInput("Name", { placeholder: "e.g. notebook", maxlength: 100 })
  const expiry = labelledSelect("Expires", [["30", "in 30 days"], ["90", "in 90 days"], ["365", "in a year"], ["1095", "in three years"]], "90")

  const refresh = async () => {
    const tokens = await accounts.tokens()
    fill(list, ...tokens.map((token) => tokenRow(token, () => revoke(token))), tokens.length === 0 && element("li", { class: "rows-empty" }, "No tokens yet."))
  }
  /** @param {AccessToken} token */
  const revoke = (token) => openConfirmation(`Revoke “${token.name}”?`, "Scripts that use it stop working at once.", "Revoke",
    () => accounts.revokeToken(token.id).then(refresh).catch((problem) => toast(problem.message, "error")))
  const form = sentForm("Create token", [element("div", { class: "form-row" }, name.element, expiry.element)], async () => {
    showSecret(created, await accounts.createToken(name.input.value.trim(), Number(expiry.select.value)))
    name.input.value = ""
    await refresh()
  })

  openDialog("API tokens", "For scripts and agents: a token acts as you. Send it as “Authorization: Bearer …”.", created, list, form)
  refresh().catch((problem) => toast(problem.message, "error"))
}

/** @param {HTMLElement} place @param {CreatedToken} created */
function showSecret(place, { name, token }) {
  const field = element("input", { class: "field mono", readonly: true, value: token, "aria-label": `Token ${name}`, onfocus: () => field.select() })
  const copy = element("button", {
    class: "button",
    type: "button",
    onclick: async () => {
      if (await copyText(token))
        fill(copy, "Copied")
      else
        field.select()
    },
  }, icon(Copy), "Copy")
  fill(place, element("p", {}, element("strong", {}, "Copy it now."), " The server keeps only a hash, so it cannot be shown again."), element("div", { class: "secret-row" }, field, copy))
  place.hidden = false
}

/** @param {AccessToken} token @param {() => void} revoked */
function tokenRow({ name, createdAt, expiresAt, lastUsedAt }, revoked) {
  const facts = [
    `created ${date(createdAt)}`,
    `expires ${date(expiresAt)}`,
    lastUsedAt && `last used ${date(lastUsedAt)}`,
  ]
  return element("li", {},
    element("div", { class: "rows-text" }, element("strong", {}, name), element("small", {}, facts.filter(Boolean).join(" · "))),
    element("button", { class: "button quiet square", type: "button", "aria-label": `Revoke ${name}`, onclick: revoked }, icon(Trash2)))
}
