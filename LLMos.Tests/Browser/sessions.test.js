import assert from "node:assert/strict"
import test, { after } from "node:test"
import { accessibilityFaults, editor, openBrowser, output, run, runState, runToEnd, shows, Visit } from "./browser.js"
import { Server } from "./server.js"

/** @import { Page } from "playwright-core" */

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

/** @param {Page} page */
function sessionButton(page) {
  return page.getByTestId("session")
}

/** @param {Page} page */
function sessions(page) {
  return page.getByRole("dialog", { name: "Session of the next run" })
}

/** @param {Page} page */
function variables(page) {
  return page.getByRole("region", { name: "Variables of the session" })
}

/** @param {Page} page @param {string} name */
async function beginSession(page, name) {
  await sessionButton(page).click()
  await sessions(page).getByLabel("Name of a new session").fill(name)
  await page.keyboard.press("Enter")
  await shows(sessionButton(page), name)
}

/** @param {Page} page @param {string} name */
function rowOf(page, name) {
  return variables(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) })
}

test("a variable is there in the next run of the session, and not without it", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "analysis")
  await shows(variables(page), "begins empty with the next run")

  await runToEnd(page, "x = 41")
  await shows(page.getByTestId("session-mark"), /analysis.*fresh/)
  await runToEnd(page, "print(x + 1)")
  await shows(output(page), "42")
  await shows(page.getByTestId("session-mark"), /analysis.*kept/)
  await shows(variables(page), /closes in \d+ min/)

  await page.reload()
  await shows(sessionButton(page), "analysis")
  await sessionButton(page).click()
  await shows(sessions(page).locator(".session-row"), /analysis1 variable.*MB2 runs\d+ s old.*closes in \d+ min/)
  await sessions(page).getByText("No session").click()
  await runToEnd(page, "print(x)", "Failed")
  await shows(output(page), "name 'x' is not defined")
})

test("the variables of the session are listed after each run, and can be filtered and read whole", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "inspected")
  await variables(page).getByRole("button", { name: "Variables" }).click()
  await shows(variables(page), "inspected has no variables")

  await runToEnd(page, "import numpy as np\ntable = np.zeros((30, 4))\nwords = 'a' * 150\nn = 1")
  await shows(rowOf(page, "table"), /ndarray30 × 4float64 \[0\.0, .*960 B/)
  assert.deepEqual(await variables(page).getByRole("rowheader").allInnerTexts(), ["n", "table", "words", "np"])
  await runToEnd(page, "n = 2")
  await shows(rowOf(page, "n"), "int2")

  const words = rowOf(page, "words")
  const height = async () => (await words.boundingBox())?.height ?? 0
  const before = await height()
  await words.getByRole("button", { name: "words" }).press("Enter")
  assert.ok(await height() > before)
  await variables(page).getByRole("searchbox").fill("NDARR")
  await shows(variables(page), "1 of 4")
  assert.deepEqual(await variables(page).getByRole("rowheader").allInnerTexts(), ["table"])
  await variables(page).getByRole("searchbox").fill("nothing like it")
  await shows(variables(page), "No variable has “nothing like it” in its name or type")
})

test("hundreds of variables with hostile names are text and nothing else", async (t) => {
  const visit = await Visit.signedIn(t, browser, server, { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true })
  const page = await visit.open()
  const dialogs = /** @type {string[]} */ ([])
  page.on("dialog", (dialog) => dialogs.push(dialog.message()))
  await beginSession(page, "hostile")
  await editor(page).fill(`
globals().update({f"x{n}": n for n in range(250)})
globals()["<img src=x onerror=alert(1)>"] = "<script>alert(2)</script>"
globals()["\\u202eturned"] = 1
globals()["מחיר_" * 40] = "שלום"
globals()["long" * 100] = 1
type("<b>Kind</b>", (), {"__repr__": lambda self: "<i>loops</i>"})
odd = type("<b>Kind</b>", (), {})()
`)
  await page.getByRole("button", { name: "Run", exact: true }).tap()
  await shows(runState(page), "Succeeded")
  await page.getByRole("button", { name: "Code" }).tap()
  await variables(page).getByRole("button", { name: "Variables" }).tap()

  await shows(rowOf(page, "<img src=x onerror=alert(1)>"), "<script>alert(2)</script>")
  await rowOf(page, "\\u202eturned").waitFor()
  await shows(rowOf(page, "odd"), "<b>Kind</b>")
  await shows(variables(page), "The newest 200 are listed")
  assert.equal(await variables(page).getByRole("rowheader").count(), 200)
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375)
  assert.equal(await variables(page).locator(".variables-scroller").evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth), 0)
  assert.deepEqual(await accessibilityFaults(page), [])
  assert.deepEqual(dialogs, [])
})

test("a run that is ended by a limit tells which variables were lost, and the next one begins empty", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "doomed")
  await runToEnd(page, "import numpy as np\nprices = np.zeros(3)\nnames = ['a']")
  await page.getByRole("button", { name: "limits and input of the next run" }).click()
  await page.getByLabel("Time, seconds").fill("1")
  await page.keyboard.press("Escape")

  await runToEnd(page, "import time\nwhile True:\n    try: time.sleep(9)\n    except KeyboardInterrupt: pass", "Timed out")
  const loss = output(page).getByRole("region", { name: "Variables of doomed lost" })
  await shows(loss, "The variables of doomed are lost.")
  await shows(loss, /timed-out.*The next run begins empty/)
  assert.deepEqual(await loss.getByRole("listitem").allInnerTexts().then((items) => items.map((item) => item.replace(/\s+/, " "))), ["names list", "prices ndarray", "np module"])
  await shows(page.getByTestId("session-mark"), /doomed.*lost/)
  await shows(variables(page), "begins empty with the next run")
  assert.deepEqual(await accessibilityFaults(page), [])

  await runToEnd(page, "print('prices' in globals())")
  await shows(output(page), "False")
  await shows(loss, "This run began empty")
})

test("Stop and Interrupt keep the session's variables, and say so before", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "kept")
  await run(page, "import time\nfound = 7\nprint('waiting')\ntime.sleep(25)")
  await shows(output(page), "waiting")
  const description = "Both keep the session’s variables. A program that goes on for 2 s after Stop is ended with them."
  for (const name of ["Interrupt", "Stop"])
    assert.equal(await page.getByRole("button", { name, description }).count(), 1)

  await page.keyboard.press("Control+.")
  await shows(runState(page), "Stopped")
  await shows(output(page), "KeyboardInterrupt")
  await shows(variables(page), /closes in/)
  await run(page, "import time\nprint(found)\ntime.sleep(25)")
  await shows(output(page), "7")
  await shows(variables(page), "running")
  await page.getByRole("button", { name: "Stop" }).click()

  await shows(runState(page), "Stopped")
  await runToEnd(page, "print(found + 1)")
  await shows(output(page), "8")
  await run(page, "import time\nwhile True:\n    try:\n        print('stubborn', flush=True)\n        time.sleep(25)\n    except KeyboardInterrupt:\n        pass")
  await shows(output(page), "stubborn")
  await page.getByRole("button", { name: "Stop" }).click()
  await shows(runState(page), "Stopped")
  await shows(output(page).getByRole("region", { name: "Variables of kept lost" }), "found")
})

test("Reset asks only when there are variables, and the next run begins fresh", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "full")
  await runToEnd(page, "x = 1")
  await beginSession(page, "empty")
  await runToEnd(page, "print(1)")

  await sessionButton(page).click()
  await sessions(page).getByRole("button", { name: "Reset empty" }).click()
  await shows(page.getByRole("status"), "empty was reset")
  await sessions(page).getByRole("button", { name: "Reset full" }).click()
  await shows(page.getByRole("dialog", { name: "Reset “full”?" }), "This deletes its 1 variable.")
  await page.getByRole("button", { name: "Cancel" }).click()
  await sessionButton(page).click()
  await sessions(page).getByRole("button", { name: "Reset full" }).click()
  await page.getByRole("button", { name: "Reset", exact: true }).click()
  await shows(page.getByRole("status"), "full was reset")

  await sessionButton(page).click()
  await shows(sessions(page), "0 of at most")
  await page.keyboard.press("Escape")
  await beginSession(page, "full")
  await runToEnd(page, "print('x' in globals())")
  await shows(output(page), "False")
  await shows(page.getByTestId("session-mark"), /full.*fresh/)
})

test("a session is chosen and its variables are reached by the keyboard alone", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await beginSession(page, "first")
  await runToEnd(page, "x = 1")
  await beginSession(page, "second")
  await runToEnd(page, "y = 1")

  await sessionButton(page).focus()
  await page.keyboard.press("Enter")
  await sessions(page).getByRole("radio", { name: "second" }).and(page.locator(":focus")).waitFor()
  await page.keyboard.press("ArrowUp")
  await page.keyboard.press("Escape")
  await shows(sessionButton(page), "first")
  assert.ok(await sessionButton(page).evaluate((button) => button === document.activeElement))

  await variables(page).getByRole("button", { name: "Variables" }).press("Enter")
  await rowOf(page, "x").waitFor()
  await runToEnd(page, "x = 2\ny = 3")
  await shows(rowOf(page, "y"), "int3")
  await rowOf(page, "x").getByRole("button").focus()
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  await rowOf(page, "y").getByRole("button", { expanded: true }).and(page.locator(":focus")).waitFor()
  await page.keyboard.press("Shift+Tab")
  assert.ok(await variables(page).getByRole("searchbox").evaluate((field) => field === document.activeElement), "the table is one stop of the Tab key")
})

test("a second tab sees a session begin, and that it is gone", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const first = await visit.open()
  await beginSession(first, "shared")
  const second = await visit.open()
  await shows(sessionButton(second), "shared")

  await runToEnd(first, "x = 1")
  await shows(variables(second), /Variables1.*closes in/)
  await sessionButton(first).click()
  await sessions(first).getByRole("button", { name: "Reset shared" }).click()
  await first.getByRole("button", { name: "Reset", exact: true }).click()

  await shows(variables(second), "begins empty with the next run")
})

test("what the list or the variables cannot be read for is told, with another try", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/status of 500|ERR_FAILED/)
  const page = await visit.open()
  await beginSession(page, "troubled")
  await runToEnd(page, "x = 1")
  await page.route("**/api/v1/sessions/**", (route) => route.fulfill({ status: 500, json: { code: "server.bug", detail: "Something broke." } }))
  await variables(page).getByRole("button", { name: "Variables" }).click()
  await shows(variables(page), "Something broke.")
  await page.unroute("**/api/v1/sessions/**")
  await variables(page).getByRole("button", { name: "Try again" }).click()
  await rowOf(page, "x").waitFor()

  await page.route("**/api/v1/sessions", (route) => route.abort())
  await sessionButton(page).click()
  await shows(sessions(page).getByRole("alert"), "The server cannot be reached")
  await page.unroute("**/api/v1/sessions")
  await sessions(page).getByRole("button", { name: "Try again" }).click()
  await shows(sessions(page), "1 of at most")
})
