import assert from "node:assert/strict"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer as createSite } from "node:http"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test, { after } from "node:test"
import { addPerson, openWholeBrowser, output, runToEnd, shows, signIn, Visit } from "./browser.js"
import { htmlWays, markdownWays, svgWays } from "./reaching.js"
import { Server } from "./server.js"
import { openFile, writeFileOf } from "./volumes.js"

/** @import { TestContext } from "node:test" */
/** @import { AddressInfo } from "node:net" */
/** @import { BrowserContext, Page } from "playwright-core" */

// Only a whole browser connects ahead and looks names up; the one of the other tests does not.
const domain = "reached.example"
const server = await Server.start()
after(() => server.stop())

/** A whole browser that writes down all it does in the network. */
class Watched {
  /** @type {string[]} */
  connections = []
  #listener = createServer((socket) => {
    this.connections.push("a connection")
    socket.destroy()
  })
  /** The first has come. */
  connected = new Promise((resolve) => this.#listener.once("connection", resolve))

  /** @param {string} log what it writes @param {BrowserContext} browser */
  constructor(log, browser) {
    this.log = log
    this.browser = browser
  }

  /** @param {TestContext} t */
  static async begin(t) {
    const folder = await mkdtemp(join(tmpdir(), "llmos-reaching-"))
    const log = join(folder, "net.json")
    const watched = new Watched(log, await openWholeBrowser(join(folder, "profile"), server, [`--log-net-log=${log}`]))
    await new Promise((resolve) => watched.#listener.listen(0, "127.0.0.1", () => resolve(undefined)))
    t.after(async () => {
      await watched.browser.close()
      watched.#listener.close()
      await rm(folder, { recursive: true })
    })
    return watched
  }

  /** A new person's visit. @returns {Promise<Visit>} */
  async visit() {
    const visit = new Visit(server, this.browser)
    visit.user = await addPerson(server, "member")
    await signIn(this.browser.request, visit.user)
    return visit
  }

  /** By name, and by a port of this machine. @param {string} way */
  byName = (way) => `http://${way}.${domain}`

  /** @param {string} way */
  byAddress = (way) => `http://127.0.0.1:${/** @type {AddressInfo} */ (this.#listener.address()).port}/${way}`

  /** What it has looked up or tried to reach; it is closed for that. @returns {Promise<string[]>} */
  async reached() {
    await this.browser.close()
    const { constants: { logEventTypes }, events } = JSON.parse(await readFile(this.log, "utf8"))
    const names = new Map(Object.entries(logEventTypes).map(([name, number]) => [number, name]))
    const found = events
      // The text of a picture is its address.
      .filter((/** @type {any} */ { params }) => params && !String(params.url ?? params.location ?? "").startsWith("data:"))
      .flatMap((/** @type {any} */ { type, params }) => (JSON.stringify(params).match(new RegExp(`[\\w.-]+\\.${domain}`, "g")) ?? []).map((name) => `${names.get(type)} ${name}`))
    return [...new Set(found), ...this.connections]
  }
}

/** Time for what a browser does by itself: until a page of this server's, asked for later, has nothing more to load. @param {Page} page */
async function settle(page) {
  for (const link of await page.locator("a[href^=http]").all())
    await link.hover({ force: true }).catch(() => {})
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(resolve), { timeout: 2000 })))
  const other = await page.context().newPage()
  await other.goto("/", { waitUntil: "networkidle" })
  await other.close()
}

test("what this test watches is seen: a page of its own that reaches out is found out", async (t) => {
  const watched = await Watched.begin(t)
  const page = await watched.browser.newPage()

  const site = createSite((_, response) => response.setHeader("Content-Type", "text/html")
    .end(`<link rel=dns-prefetch href="${watched.byName("control")}"><link rel=preconnect href="${watched.byAddress("control")}">`))
  await new Promise((resolve) => site.listen(0, "127.0.0.1", () => resolve(undefined)))
  t.after(() => site.close())
  await page.goto(`http://127.0.0.1:${/** @type {AddressInfo} */ (site.address()).port}/`)
  await watched.connected

  const reached = await watched.reached()
  assert.ok(reached.some((name) => name.endsWith(`control.${domain}`)), String(reached))
})

test("no result of a program reaches the network from the browser that shows it", async (t) => {
  const watched = await Watched.begin(t)
  const visit = await watched.visit()
  const page = await visit.open()
  const results = [watched.byName, watched.byAddress].flatMap((at) => [
    ...Object.values(htmlWays(at)).map((html) => ["text/html", `<p>shown</p>${html}`]),
    ...Object.values(svgWays(at)).map((svg) => ["image/svg+xml", svg]),
    ["text/markdown", markdownWays(at)],
  ])

  // In several runs: a page keeps no more than it can draw.
  for (let from = 0; from < results.length; from += 20) {
    await runToEnd(page, `
import json, llmos
class Shows:
    def __init__(self, kind, data): self.bundle = {kind: data, "text/plain": "plain"}
    def _repr_mimebundle_(self, **_): return self.bundle
for kind, data in json.loads(${JSON.stringify(JSON.stringify(results.slice(from, from + 20)))}):
    llmos.display(Shows(kind, data))
print("the end")
`)
    await shows(output(page), "the end")
    for (const frame of await page.locator(".html-frame").all())
      await frame.scrollIntoViewIfNeeded()
    await page.frameLocator(".html-frame").first().getByText("shown").first().waitFor()
    await settle(page)
  }

  assert.deepEqual(await watched.reached(), [])
})

test("no notebook and no picture among the files reaches the network, nor a file that is opened by its address", async (t) => {
  const watched = await Watched.begin(t)
  const visit = await watched.visit()
  const everything = [watched.byName, watched.byAddress].map((at) => Object.values(htmlWays(at)).join("\n")).join("\n")
  const [svg, svg2] = Object.values(svgWays(watched.byName))
  const cells = [
    { cell_type: "markdown", source: markdownWays(watched.byName) },
    ...Object.values(htmlWays(watched.byName)).map((html) => ({ cell_type: "code", source: "x", outputs: [{ output_type: "display_data", data: { "text/html": html } }] })),
    { cell_type: "code", source: "x", outputs: [{ output_type: "display_data", data: { "image/svg+xml": svg } }, { output_type: "display_data", data: { "image/svg+xml": svg2 } }] },
  ]
  await writeFileOf(visit, "user/a.ipynb", JSON.stringify({ cells }))
  await writeFileOf(visit, "user/b.svg", svg2)
  await writeFileOf(visit, "user/c.md", markdownWays(watched.byName))
  const page = await visit.open()
  for (const name of ["a.ipynb", "b.svg", "c.md"]) {
    await openFile(page, name)
    await settle(page)
  }

  for (const [name, text] of Object.entries({
    "page.html": everything, "page.htm": everything, "page.xhtml": `<html xmlns="http://www.w3.org/1999/xhtml"><head><link rel="preconnect" href="${watched.byName("xhtml")}"/></head></html>`,
    "page.svg": svg2, "page.xml": `<?xml-stylesheet href="${watched.byAddress("xml")}"?><h:link xmlns:h="http://www.w3.org/1999/xhtml" rel="preconnect" href="${watched.byName("xml")}"/>`, "page": everything, "page.txt": everything, "page.json": everything,
    "page.mht": `MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n${everything}`, "page.css": `@import "${watched.byName("css")}"`,
  })) {
    await writeFileOf(visit, `user/${name}`, text)
    // A file that is saved instead of shown ends the navigation.
    await page.goto(`/api/v1/volumes/user/files/${name}`).catch((failure) => assert.match(String(failure), /Download is starting|ERR_ABORTED/))
  }
  // A page whose scripts run, which those files' have not.
  await page.goto("/")
  await settle(page)

  assert.deepEqual(await watched.reached(), [])
})
