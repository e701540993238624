import { KeyRound, LockKeyhole, LogOut, Monitor, Moon, Sun, Users } from "lucide"
import { element } from "../ui/element.js"
import { attachMenu } from "../ui/menu.js"
import { chooseTheme, chosenTheme } from "../ui/theme.js"
import { toast } from "../ui/toast.js"

/** @import { Account } from "../contracts/accounts.js" */
/** @import { AccountClient } from "./account-client.js" */

/** Who is signed in, and what they may do about it. @param {AccountClient} accounts @param {Account} account @param {() => void} left */
export function accountMenu(accounts, account, left) {
  const button = element("button", { class: "avatar", type: "button", "aria-label": `Account of ${account.user}`, "data-testid": "account" }, account.user.slice(0, 1).toUpperCase())
  const whole = element("div", { class: "anchor" }, button)
  const logOut = () => accounts.logOut().then(left, (problem) => toast(problem.message, "error"))

  attachMenu(button, "Account", [
    element("div", { class: "menu-heading" }, element("strong", {}, account.user), element("small", {}, account.role)),
    "line",
    { label: "Change password", icon: LockKeyhole, chosen: async () => (await import("./password-dialog.js")).openPasswordDialog(accounts) },
    { label: "API tokens", icon: KeyRound, chosen: async () => (await import("./tokens-dialog.js")).openTokensDialog(accounts) },
    ...account.role === "administrator"
      ? [{ label: "People", icon: Users, chosen: async () => (await import("./people-dialog.js")).openPeopleDialog(accounts, account) }]
      : [],
    "line",
    { label: "System theme", icon: Monitor, checked: () => chosenTheme() === "auto", chosen: () => chooseTheme("auto") },
    { label: "Light theme", icon: Sun, checked: () => chosenTheme() === "light", chosen: () => chooseTheme("light") },
    { label: "Dark theme", icon: Moon, checked: () => chosenTheme() === "dark", chosen: () => chooseTheme("dark") },
    "line",
    { label: "Sign out", icon: LogOut, chosen: logOut },
  ])
  return whole
}
