import { openDialog } from "../ui/dialog.js"
import { labelledCheckbox, sentForm } from "../ui/form.js"
import { toast } from "../ui/toast.js"
import { currentPasswordField, newPasswordField } from "./account-fields.js"

/** @import { AccountClient } from "./account-client.js" */

/** @param {AccountClient} accounts */
export function openPasswordDialog(accounts) {
  const current = currentPasswordField("Current password")
  const next = newPasswordField("New password")
  const endTokens = labelledCheckbox("End my API tokens too")

  const dialog = openDialog("Change password", "Your other browsers are signed out.", sentForm("Change password", [current.element, next.element, endTokens.element], async () => {
    await accounts.changePassword(current.input.value, next.input.value, endTokens.input.checked)
    dialog.close()
    toast("Your password is changed.")
  }))
}
