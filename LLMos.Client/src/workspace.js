import { AccountClient } from "./accounts/account-client.js"
import { accountMenu } from "./accounts/account-menu.js"
import { Api } from "./connection/api.js"
import { Hub } from "./connection/hub.js"
import { Problem } from "./connection/problem.js"
import { DeviceClient } from "./devices/device-client.js"
import { DevicesPage } from "./devices/devices-page.js"
import { Places } from "./places.js"
import { Draft } from "./runs/draft.js"
import { IsolationBadge } from "./runs/isolation-badge.js"
import { RunClient } from "./runs/run-client.js"
import { runLines } from "./runs/run-lines.js"
import { RunsPage } from "./runs/runs-page.js"
import { SessionChoice } from "./runs/session-choice.js"
import { SessionClient } from "./runs/session-client.js"
import { Sessions } from "./runs/sessions.js"
import { ConnectionBanner } from "./ui/connection-banner.js"
import { element, fill } from "./ui/element.js"
import { mark } from "./ui/icon.js"
import { takeBack, toast } from "./ui/toast.js"
import { FilesPanel } from "./volumes/files-panel.js"
import { OpenFiles } from "./volumes/open-files.js"
import { VolumeClient } from "./volumes/volume-client.js"
import { Volumes } from "./volumes/volumes.js"

/** @import { Account } from "./contracts/accounts.js" */

// Written on the way out, so that the other tabs of this browser leave too.
const signedOutKey = "llmos.signed-out"

/** What runs and files show alike. */
const richViews = {
  /** @param {Record<string, string>} data @param {number} figure */
  display: async (data, figure) => (await import("./runs/display-block.js")).displayView({ kind: "display", value: { data, figure } }),
  /** @param {string} text */
  markdown: async (text) => (await import("./runs/typeset-view.js")).markdownElement(text),
}

/** Puts the workspace of a signed-in person into the page. @param {HTMLElement} page @param {Account} account */
export function open(page, account) {
  const api = new Api(fetch.bind(globalThis))
  const hub = new Hub("/hubs/runs")
  const volumesHub = new Hub("/hubs/volumes")
  const devicesHub = new Hub("/hubs/devices")
  const accounts = new AccountClient(api)
  const runs = new RunClient(api, hub)
  const sessions = new Sessions(new SessionClient(api, hub), new SessionChoice(localStorage, account.id))

  const canRun = account.role !== "viewer"
  const volumes = new Volumes(new VolumeClient(api, volumesHub))
  const openFiles = new OpenFiles(volumes, richViews)
  const filesPanel = new FilesPanel(volumes, {
    fileChosen: (path, line) => {
      runsPage.tabs.choose("code")
      void openFiles.open(path, line)
    },
    draft: () => runsPage.editor.editor.text,
  })
  const runsPage = new RunsPage(runs, new Draft(localStorage, account.id), sessions, canRun, openFiles, filesPanel.element)
  openFiles.delegate = {
    shownChanged: () => {
      runsPage.fileShown()
      filesPanel.mark(openFiles.path)
    },
    runAsked: () => void runsPage.runAsked(),
    draftSaveAsked: () => filesPanel.saveDraft(),
    opened: (path) => void filesPanel.show(path),
  }
  const devicesPage = new DevicesPage(new DeviceClient(api, devicesHub), account, canRun ? runLines(runs) : null, async (path) => (await volumes.client.read(path)).blob, localStorage)
  const places = new Places(runsPage.element, devicesPage.element, (id) => {
    // Nobody who never looks at a device needs a connection for them.
    devicesHub.start()
    devicesPage.choose(id)
  })
  const badge = new IsolationBadge(() => runs.isolation())
  const banner = new ConnectionBanner(() => (hub.retryNow(), volumesHub.retryNow(), devicesHub.retryNow()))
  const leave = () => {
    localStorage.setItem(signedOutKey, String(Date.now()))
    location.replace("/")
  }
  addEventListener("storage", ({ key }) => key === signedOutKey && location.reload())
  const showBadge = showing(badge)

  fill(page,
    element("a", { class: "skip", href: "#editor", onclick: (/** @type {Event} */ event) => (event.preventDefault(), runsPage.editor.editor.focus()) }, "Go to the editor"),
    element("header", { class: "bar" },
      element("h1", { class: "brand" }, mark(20), "LLMos"),
      places.element,
      element("span", { class: "spring" }),
      badge.element,
      accountMenu(accounts, account, leave)),
    banner.element,
    runsPage.element,
    devicesPage.element)

  let leaving = false
  api.delegate = {
    async signedOut() {
      // A refused password also answers 401, so ask before leaving.
      if (leaving)
        return
      leaving = true
      const known = await accounts.find().catch(() => account)
      leaving = known === null
      if (leaving)
        location.reload()
    },
  }
  let wasLost = false
  hub.delegate = {
    hubConnected() {
      banner.back()
      takeBack(Problem.unreachableSentence)
      runsPage.hubConnected()
      if (wasLost)
        void showBadge()
      wasLost = false
    },
    hubDisconnected() {
      wasLost = true
      banner.lost()
      // The session may have ended with the connection; signedOut above then leaves.
      accounts.find().catch(() => null)
    },
  }

  void showBadge()
  volumesHub.delegate = {
    hubConnected() {
      if (!canRun) {
        banner.back()
        takeBack(Problem.unreachableSentence)
        void showBadge()
      }
      void volumes.hubConnected()
    },
    hubDisconnected() {
      // Whoever may run is told by the other hub.
      if (!canRun)
        banner.lost()
    },
  }
  devicesHub.delegate = { hubConnected: () => void devicesPage.hubConnected(), hubDisconnected: () => {} }
  volumesHub.start()
  volumes.start().catch((problem) => toast(problem.message, "error"))
  void runsPage.start()
  places.open()
  if (canRun)
    hub.start()
  if (matchMedia("(pointer: fine)").matches && !runsPage.element.hidden)
    runsPage.editor.editor.focus()
}

/** What shows the sandbox's state until it is known, and what is wrong for as long as it is so. @param {IsolationBadge} badge */
function showing(badge) {
  const again = 1000
  let said = ""
  return async function show() {
    try {
      const { ready, reason, isStarting } = await badge.refresh()
      takeBack(said)
      if (isStarting) {
        setTimeout(show, again)
      } else if (!ready) {
        said = reason ?? "The sandbox is not ready, so runs are refused."
        toast(said, "error")
      }
    } catch (problem) {
      said = /** @type {Error} */ (problem).message
      toast(said, "error")
    }
  }
}
