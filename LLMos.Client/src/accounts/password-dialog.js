import { openDialog } from "../ui/dialog.js"
import { sentForm } from "../ui/form.js"
import { toast } from "../ui/toast.js"
import { currentPasswordField, newPasswordField } from "./account-fields.js"

/** @import { AccountClient } from "./account-client.js" */

/** @param {AccountClient} accounts */
export function openPasswordDialog(accounts) {
  const current = currentPasswordField("Current password")
  const next = newPasswordField("New password")

  const dialog = openDialog("Change password", null, sentForm("Change password", [current.element, next.element], async () => {
    await accounts.changePassword(current.input.value, next.input.value)
    dialog.close()
    toast("Your password is changed.")
  }))
}
