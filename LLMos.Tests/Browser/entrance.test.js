import assert from "node:assert/strict"
import test, { after } from "node:test"
import { accessibilityFaults, editor, openBrowser, shows, Visit } from "./browser.js"
import { Server } from "./server.js"

const [server, browser] = await Promise.all([Server.startNew(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

const password = "correct horse"

test("a new server tells whoever has no link where to find it", async (t) => {
  const visit = await Visit.begin(t, browser, server)

  const page = await visit.open()

  await page.getByRole("heading", { name: "This server has no administrator yet" }).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
})

test("the link in the log makes the administrator and leads into the workspace", async (t) => {
  const visit = await Visit.begin(t, browser, server)
  const page = await visit.open(server.setUpLink)
  assert.deepEqual(await accessibilityFaults(page), [])

  await page.getByLabel("User name").fill("first")
  await page.getByLabel("Password").fill(password)
  await page.keyboard.press("Enter")

  await editor(page).waitFor()
  await page.getByRole("button", { name: "Account of first" }).click()
  await shows(page.getByRole("menu", { name: "Account" }), "administrator")
  assert.doesNotMatch(page.url(), /setup/)
})

test("the link is dead afterwards, and says so", async (t) => {
  const visit = await Visit.begin(t, browser, server)

  const page = await visit.open(server.setUpLink)

  await page.getByRole("heading", { name: "Sign in" }).waitFor()
  await shows(page.getByRole("main"), "The set-up link has been used")
  const again = await visit.post("/setup", { token: server.setUpLink.split("=")[1], user: "second", password })
  assert.equal(again.status(), 404)
})

test("a wrong password is told, and the right one enters", async (t) => {
  const visit = await Visit.begin(t, browser, server)
  visit.announce(/status of 401 .*\/api\/v1\/login$/)
  const page = await visit.open()
  await page.getByRole("heading", { name: "Sign in" }).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])

  await page.getByLabel("User name").fill("first")
  await page.getByLabel("Password").fill("wrong horse")
  await page.keyboard.press("Enter")
  await shows(page.getByRole("alert"), /name or password/i)

  await page.getByLabel("Password").fill(password)
  await page.keyboard.press("Enter")
  await editor(page).waitFor()
})
