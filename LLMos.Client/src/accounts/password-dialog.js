import { openDialog } from "../ui/dialog.js"
import { labelledInput, sentForm } from "../ui/form.js"
import { toast } from "../ui/toast.js"

/** @import { AccountClient } from "./account-client.js" */

/** @param {AccountClient} accounts */
export function openPasswordDialog(accounts) {
  const current = labelledInput("Current password", { type: "password", autocomplete: "current-password" })
  const next = labelledInput("New password", { type: "password", autocomplete: "new-password", minlength: 8 }, "At least 8 characters.")

  const dialog = openDialog("Change password", null, sentForm("Change password", [current.element, next.element], async () => {
    await accounts.changePassword(current.input.value, next.input.value)
    dialog.close()
    toast("Your password is changed.")
  }))
}
