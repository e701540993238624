import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import test, { after } from "node:test"
import { accessibilityFaults, editor, openBrowser, output, run, runState, runToEnd, shows, Visit } from "./browser.js"
import { Server } from "./server.js"

/** @import { Page } from "playwright-core" */

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

const everything = `
import llmos
import matplotlib.pyplot as plt
import pandas as pd
llmos.progress(3, 3, "Steps")
print("some text")
plt.plot([1, 2, 3])
plt.show()
llmos.display(pd.DataFrame({"a": [1, 2]}))
raise ValueError("at the end")
`

const focused = (/** @type {Page} */ page) => page.evaluate(() => {
  const { activeElement, body } = document
  return activeElement === body ? "" : activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.trim() ?? ""
})

/** Presses Tab until the focus is where the name says. @param {Page} page @param {RegExp} name @param {string} [key] */
async function tabTo(page, name, key = "Tab") {
  const passed = []
  while (passed.length < 40) {
    await page.keyboard.press(key)
    passed.push(await focused(page))
    if (name.test(/** @type {string} */ (passed.at(-1))))
      return
  }
  assert.fail(`${key} never came to ${name}, only to: ${passed.join(" · ")}`)
}

test("the history lists past runs, and opening one shows its code and output", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await runToEnd(page, "print('one of the past')")
  await runToEnd(page, "raise ValueError('another')", "Failed")
  await editor(page).fill("a draft")

  await page.reload()
  await page.goto("/")
  const history = page.getByRole("navigation", { name: "Runs" })
  assert.equal(await history.getByRole("link").first().getAttribute("title").then((title) => title?.split(",")[0]), "Failed")
  await history.getByRole("link", { name: "one of the past" }).click()

  await shows(output(page), /^one of the past/)
  assert.equal(await page.getByRole("textbox", { name: "Python program, read-only" }).innerText(), "print('one of the past')")
  await page.getByRole("button", { name: "Back to draft" }).click()
  assert.equal(await editor(page).innerText(), "a draft")
})

test("everything is reached by the keyboard alone", async (t) => {
  const visit = await Visit.begin(t, browser, server)
  const { user } = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await page.getByRole("heading", { name: "Sign in" }).waitFor()
  await page.keyboard.type(user)
  await page.keyboard.press("Tab")
  await page.keyboard.type("correct horse")
  await page.keyboard.press("Enter")
  await editor(page).waitFor()

  assert.equal(await focused(page), "Python program")
  await page.keyboard.type("print('typed')")
  await page.keyboard.press("Control+Enter")
  await shows(runState(page), "Succeeded")
  await page.keyboard.press("Tab")
  assert.equal(await focused(page), "Python program", "Tab indents in the editor")
  await page.keyboard.press("Escape")
  await page.keyboard.press("Tab")
  assert.notEqual(await focused(page), "Python program", "Escape and then Tab leaves it")
  await tabTo(page, /^Output$/)
  await tabTo(page, /^Examples$/, "Shift+Tab")
  await page.keyboard.press("Enter")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  assert.equal(await focused(page), "Python program")
  assert.match(await editor(page).innerText(), /plt\.show/)

  await page.keyboard.press("Control+Enter")
  await shows(output(page).getByRole("figure"), "Figure 1")
  await page.keyboard.press("Escape")
  await tabTo(page, /^x = np\.linspace/, "Shift+Tab")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  await shows(output(page), "typed")

  await tabTo(page, /^Account of/, "Shift+Tab")
  await page.keyboard.press("Enter")
  await shows(page.getByRole("menu", { name: "Account" }), "Change password")
  await page.keyboard.press("ArrowUp")
  assert.equal(await focused(page), "Sign out")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: "Sign in" }).waitFor()
})

test("a phone shows one view at a time and never scrolls sideways", async (t) => {
  const visit = await Visit.signedIn(t, browser, server, { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true })
  const page = await visit.open()
  const requireFitting = async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 375)
  const views = { code: page.getByRole("region", { name: "Editor" }), output: page.getByRole("region", { name: "Output", exact: true }), runs: page.getByRole("navigation", { name: "Runs" }) }
  const shown = async () => (await Promise.all(Object.entries(views).map(async ([name, view]) => await view.isVisible() && name))).filter(Boolean)
  await editor(page).waitFor()
  await requireFitting()
  assert.deepEqual(await shown(), ["code"])

  await editor(page).fill(everything)
  await page.getByRole("button", { name: "Run", exact: true }).tap()
  await shows(runState(page), "Failed")
  assert.deepEqual(await shown(), ["output"])
  await requireFitting()
  assert.deepEqual(await accessibilityFaults(page), [])
  const widest = await output(page).evaluate((scroller) => scroller.scrollWidth - scroller.clientWidth)
  assert.equal(widest, 0)
  await page.getByRole("button", { name: "Runs" }).tap()
  assert.deepEqual(await shown(), ["runs"])
  await requireFitting()
  await page.getByRole("button", { name: "Code" }).tap()
  assert.deepEqual(await shown(), ["code"])
})

for (const theme of /** @type {const} */ (["light", "dark"])) {
  test(`an automatic check of accessibility finds nothing in the ${theme} workspace`, async (t) => {
    const visit = await Visit.signedIn(t, browser, server, { colorScheme: theme, role: "administrator" })
    const page = await visit.open()
    await editor(page).waitFor()
    assert.deepEqual(await accessibilityFaults(page), [])

    await runToEnd(page, everything, "Failed")
    assert.deepEqual(await accessibilityFaults(page), [])

    for (const name of ["limits and input of the next run", "Isolated"]) {
      await page.getByRole("button", { name }).click()
      assert.deepEqual(await accessibilityFaults(page), [], name)
      await page.keyboard.press("Escape")
    }
    for (const name of ["API tokens", "People"]) {
      await page.getByRole("button", { name: /^Account of/ }).click()
      await page.getByRole("menuitem", { name }).click()
      await page.getByRole("dialog", { name }).getByRole("listitem").first().waitFor()
      assert.deepEqual(await accessibilityFaults(page), [], name)
      await page.keyboard.press("Escape")
    }
  })
}

test("the theme follows the system until one is chosen, which outlives a reload", async (t) => {
  const visit = await Visit.signedIn(t, browser, server, { colorScheme: "light" })
  const page = await visit.open()
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.emulateMedia({ colorScheme: "dark" })
  const dark = await ground()
  assert.notEqual(dark, light)

  await page.getByRole("button", { name: /^Account of/ }).click()
  await page.getByRole("menuitemradio", { name: "Light theme" }).click()
  assert.equal(await ground(), light)
  await page.reload()

  assert.equal(await ground(), light)
})

test("a viewer is told that they cannot run", async (t) => {
  const visit = await Visit.signedIn(t, browser, server, { role: "viewer" })
  const page = await visit.open()

  await page.getByText("Your role is viewer").waitFor()
  assert.ok(await page.getByTestId("run").first().isDisabled())
  await run(page, "print(1)")
  assert.doesNotMatch(page.url(), /#run=/)
})

test("a token is shown once and works as Bearer until it is revoked", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  const openTokens = async () => {
    await page.getByRole("button", { name: /^Account of/ }).click()
    await page.getByRole("menuitem", { name: "API tokens" }).click()
  }
  await openTokens()
  await page.getByLabel("Name").fill("notebook")
  await page.getByRole("button", { name: "Create token" }).click()
  const token = await page.getByLabel("Token notebook").inputValue()
  const run = () => fetch(`${server.address}/api/v1/runs?wait=20`, {
    method: "POST",
    headers: { "Authorization": `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ language: "python", code: "print(6 * 7)" }),
  })

  const answer = await run()
  assert.equal((await answer.json()).stdout.text, "42\n")
  await page.getByRole("navigation", { name: "Runs" }).getByText("print(6 * 7)").waitFor()
  await page.keyboard.press("Escape")
  await openTokens()
  await page.getByRole("button", { name: "Revoke notebook" }).waitFor()
  assert.doesNotMatch(await page.content(), new RegExp(token))

  await page.getByRole("button", { name: "Revoke notebook" }).click()
  await page.getByRole("button", { name: "Revoke", exact: true }).click()
  await page.getByText("No tokens yet.").waitFor()
  assert.equal((await run()).status, 401)
})

test("the badge tells what the last attack on the install found", async (t) => {
  const own = await Server.start()
  const visit = await Visit.signedIn(t, browser, own)
  // After the page is closed, which would report that nobody answers.
  t.after(() => own.stop())
  const page = await visit.open()
  const badge = page.getByTestId("isolation")
  await badge.getByText("Isolated").waitFor()

  // As `LLMos.Server doctor --attack` leaves it.
  const broken = [{ name: `read_by_${"open".repeat(30)}`, layer: "landlock", also: [], held: false, seen: "44 bytes of a decoy <b>came out</b>" }]
  const summary = { at: new Date().toISOString(), version: "0.1.0", attacks: 684, held: 683, broken }
  await writeFile(join(own.data, "last-attack.json"), JSON.stringify(summary))
  await page.reload()

  await badge.getByText("1 attack came through").click()
  await shows(page.getByTestId("last-attack"), /^683 of 684 attacks held, \d+ s ago$/)
  const panel = page.getByRole("dialog", { name: "Isolation of runs" })
  await panel.getByText("44 bytes of a decoy <b>came out</b>").waitFor()
  assert.ok(await panel.evaluate((whole) => whole.scrollWidth <= whole.clientWidth), "a long word is cut off")
  assert.deepEqual(await accessibilityFaults(page), [])
})
