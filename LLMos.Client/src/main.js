import { AccountClient } from "./accounts/account-client.js"
import { awaitingSetUpPage, logInPage, setUpPage, unreachablePage } from "./accounts/entry-page.js"
import { Api } from "./connection/api.js"

/** @import { Account } from "./contracts/accounts.js" */
/** Served addresses, written by build.js. @type {string} */
const workspaceScript = WORKSPACE_SCRIPT
/** @type {string} */
const workspaceStyles = WORKSPACE_STYLES

const page = /** @type {HTMLElement} */ (document.getElementById("page"))
const accounts = new AccountClient(new Api(fetch.bind(globalThis)))

/** Opens what fits who is asking: set-up, log-in, or the workspace, which only signed-in people may load. */
async function open() {
  const token = /^#setup=(.+)$/.exec(location.hash)?.[1]
  const account = token ? null : await accounts.find()
  if (account) {
    await openWorkspace(account)
    return
  }

  page.replaceChildren(await entranceFor(token))
  page.querySelector("input")?.focus()
}

/** @param {string | undefined} token of a set-up link */
async function entranceFor(token) {
  if (!await accounts.needsSetUp())
    return logInPage(accounts, reopen, token ? "The set-up link has been used: this server has an administrator." : null)
  return token ? setUpPage(accounts, decodeURIComponent(token), reopen) : awaitingSetUpPage()
}

/** @param {Account} account */
async function openWorkspace(account) {
  const styles = document.createElement("link")
  styles.rel = "stylesheet"
  styles.href = workspaceStyles
  const styled = new Promise((resolve) => {
    styles.onload = styles.onerror = resolve
  })
  document.head.append(styles)

  const [workspace] = await Promise.all([import(workspaceScript), styled])
  workspace.open(page, account)
}

function reopen() {
  if (location.hash.startsWith("#setup="))
    history.replaceState(null, "", location.pathname)
  open().catch(tell)
}

/** @param {unknown} problem */
function tell(problem) {
  page.replaceChildren(unreachablePage(problem instanceof Error ? problem.message : String(problem)))
}

addEventListener("hashchange", () => location.hash.startsWith("#setup=") && location.reload())
open().catch(tell)
