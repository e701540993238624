import assert from "node:assert/strict"
import test, { after } from "node:test"
import { openBrowser, output, run, runState, runToEnd, shows, Visit } from "./browser.js"
import { Server } from "./server.js"

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

// Goes on when it is told to, by KeyboardInterrupt, so that no test depends on the time it takes.
const twoParts = `
import time
for n in range(1000):
    print("early line", n)
try:
    time.sleep(25)
except KeyboardInterrupt:
    pass
print("late line")
`

test("a run started in one tab is seen live in another", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const [first, second] = [await visit.open(), await visit.open()]
  await second.getByText("Every run you start is kept here").waitFor()

  await run(first, twoParts)
  await second.getByRole("navigation", { name: "Runs" }).getByRole("link", { name: "for n in range(1000):" }).click()
  await shows(output(second), "early line 999")
  await shows(runState(second), "Running")
  await first.getByRole("button", { name: "Interrupt" }).click()

  await shows(output(second), "late line")
  await shows(runState(second), "Succeeded")
})

test("a run that a second tab stops is stopped in the first", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const first = await visit.open()
  await run(first, twoParts)
  await shows(runState(first), "Running")
  const second = await visit.open(first.url())
  await shows(runState(second), "Running")

  await second.getByRole("button", { name: "Stop" }).click()

  await shows(runState(first), "Stopped")
})

test("a tab that reloads in the middle of a run shows the whole of it and goes on", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await run(page, twoParts)
  await shows(output(page), "early line 999")

  await page.reload()
  await shows(output(page), "early line 999")
  await shows(runState(page), "Running")
  await page.getByRole("button", { name: "Interrupt" }).click()

  await shows(runState(page), "Succeeded")
  const lines = (await output(page).locator(".blocks").evaluate((blocks) => blocks.textContent ?? "")).trimEnd().split("\n")
  assert.deepEqual(lines, [...Array(1000).keys()].map((n) => `early line ${n}`).concat("late line"))
})

test("Back and Forward go through the runs that were shown", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await runToEnd(page, "print('the first of two')")
  await runToEnd(page, "print('the second of two')")

  await page.goBack()
  await shows(output(page), "the first of two")
  await page.goForward()
  await shows(output(page), "the second of two")
})

test("a lost server is told, and when it is back so is what became of the run", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|WebSocket/)
  const page = await visit.open()
  await run(page, twoParts)
  await shows(output(page), "early line 999")

  await server.kill()
  await shows(page.getByRole("status"), "Reconnecting…")
  await server.begin()
  await page.locator(".banner").waitFor({ state: "hidden" })

  await shows(runState(page), "Stopped")
  await shows(output(page), "early line 999")
  await shows(output(page).locator(".note"), /server/)
  await page.getByRole("navigation", { name: "Runs" }).getByRole("link", { name: "Stopped" }).waitFor()
  await runToEnd(page, "print('it runs again')")
  await shows(output(page), "it runs again")
  await shows(page.getByTestId("isolation"), "Isolated")
  assert.equal(await page.getByRole("alert").count(), 0, "what was wrong is not said any more")
})

test("a network that is gone is told at once, and every line is there when it is back", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|WebSocket/)
  const page = await visit.open()
  await run(page, twoParts)
  await shows(output(page), "early line 999")

  await page.context().setOffline(true)
  await shows(page.getByRole("status"), "You are offline")
  await page.context().setOffline(false)
  await page.locator(".banner").waitFor({ state: "hidden" })
  await page.getByRole("button", { name: "Interrupt" }).click()

  await shows(output(page), "late line")
  await shows(runState(page), "Succeeded")
})

test("a run that is started while another one runs waits without taking its place", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await run(page, twoParts)
  await shows(output(page), "early line 999")
  const first = page.url()

  await run(page, "print('the second')")
  await shows(page.getByRole("status"), "1 run queued")
  assert.equal(page.url(), first)
  await page.getByRole("button", { name: "Interrupt" }).click()

  await shows(output(page), "the second")
  await shows(runState(page), "Succeeded")
  await page.goBack()
  await shows(output(page), "late line")
})
