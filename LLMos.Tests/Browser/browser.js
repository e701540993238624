import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { administrator, anyPassword } from "./server.js"

/** @import { APIRequestContext, Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core" */
/** @import { TestContext } from "node:test" */
/** @import { Server } from "./server.js" */
/** @typedef {"administrator" | "member" | "viewer"} Role */

// The packages are the client's.
const require = createRequire(new URL("../../LLMos.Client/package.json", import.meta.url))
const { chromium, request } = require("playwright-core")
const axe = require.resolve("axe-core/axe.min.js")

const patienceMilliseconds = 30_000
// The page asks who it is before anybody has signed in; a browser writes each such answer to its console.
const entrance = /status of 401 .*\/api\/v1\/account$|status of 404 .*\/api\/v1\/setup$/

const browserOptions = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
]

/** @returns {Promise<Browser>} */
export function openBrowser() {
  return chromium.launch({ executablePath: process.env.LLMOS_CHROMIUM ?? "/usr/bin/chromium-headless-shell", args: browserOptions })
}

/**
 * A browser as people have it, but for its window: the other lacks what connects ahead, and so does a profile that keeps nothing.
 * @param {string} folder of its profile @param {Server} server @param {string[]} options @returns {Promise<BrowserContext>}
 */
export function openWholeBrowser(folder, server, options) {
  return chromium.launchPersistentContext(folder, {
    executablePath: process.env.LLMOS_WHOLE_CHROMIUM ?? "/usr/bin/chromium", args: [...browserOptions, ...options], baseURL: server.address, viewport: { width: 1200, height: 3000 },
  })
}

/** One person's browser profile in one test, which fails when a page of it reports an error that was not announced. */
export class Visit {
  /** @type {RegExp[]} */
  #announced = [entrance]
  /** @type {string[]} */
  #errors = []
  user = ""

  /** @param {Server} server @param {BrowserContext} context */
  constructor(server, context) {
    this.server = server
    this.context = context
    context.setDefaultTimeout(patienceMilliseconds)
    context.on("console", (message) => message.type() === "error" && this.#errors.push(`${message.text()} ${message.location().url}`))
    context.on("weberror", (error) => this.#errors.push(String(error.error())))
  }

  /** A visit of nobody yet. @param {TestContext} test @param {Browser} browser @param {Server} server @param {BrowserContextOptions} [options] */
  static async begin(test, browser, server, options = {}) {
    const context = await browser.newContext({ baseURL: server.address, reducedMotion: "reduce", ...options })
    const visit = new Visit(server, context)
    test.after(async () => {
      await context.close()
      visit.requireNoErrors()
    })
    return visit
  }

  /** A visit of a new person who has signed in. @param {TestContext} test @param {Browser} browser @param {Server} server @param {BrowserContextOptions & { role?: Role }} [options] */
  static async signedIn(test, browser, server, { role = "member", ...options } = {}) {
    const visit = await Visit.begin(test, browser, server, options)
    visit.user = await addPerson(server, role)
    await signIn(visit.context.request, visit.user)
    return visit
  }

  /** @param {string} [path] */
  async open(path = "/") {
    const page = await this.context.newPage()
    await page.goto(path)
    return page
  }

  /** @param {RegExp} error that the test is about */
  announce(error) {
    this.#announced.push(error)
  }

  requireNoErrors() {
    assert.deepEqual(this.#errors.filter((error) => !this.#announced.some((expected) => expected.test(error))), [])
  }

  /** Calls the server as the page would. @param {string} path @param {object} data */
  post(path, data) {
    return post(this.context.request, path, data)
  }
}

/** @param {APIRequestContext} caller @param {string} path @param {object} data */
function post(caller, path, data) {
  return caller.post(`/api/v1${path}`, { data, headers: { "X-LLMos-Request": "1" } })
}

/** @param {APIRequestContext} caller @param {string} path @param {object} data */
async function answerTo(caller, path, data) {
  const answer = await post(caller, path, data)
  assert.ok(answer.ok(), `${path} answered ${answer.status()}`)
  return answer.json()
}

// Signing in is slow on purpose, so the administrator does it once.
/** @type {WeakMap<Server, Promise<APIRequestContext>>} */
const administrators = new WeakMap()
let people = 0

/** @param {Server} server @param {Role} role @param {string} [name] @returns {Promise<string>} */
export async function addPerson(server, role, name = `person-${people += 1}`) {
  if (!administrators.has(server))
    administrators.set(server, signInAsAdministrator(server))
  const { user } = await answerTo(await /** @type {Promise<APIRequestContext>} */ (administrators.get(server)), "/people",
    { user: name, password: anyPassword, role })
  return user
}

/** @param {APIRequestContext} caller @param {string} user */
export async function signIn(caller, user) {
  await answerTo(caller, "/login", { user, password: anyPassword })
}

/** @param {Server} server @returns {Promise<APIRequestContext>} */
async function signInAsAdministrator(server) {
  const caller = await request.newContext({ baseURL: server.address })
  await signIn(caller, administrator)
  return caller
}

/** @param {Page} page */
export function editor(page) {
  return page.getByRole("textbox", { name: "Python program" })
}

/** @param {Page} page */
export function output(page) {
  return page.getByRole("log", { name: "Output" })
}

/** @param {Page} page */
export function runState(page) {
  return page.getByTestId("run-state")
}

/** Puts a program into the editor and starts it by its keys. @param {Page} page @param {string} code */
export async function run(page, code) {
  await editor(page).fill(code)
  await editor(page).press("Control+Enter")
}

/** Waits until a place holds this text. @param {Locator} place @param {string | RegExp} text @param {{ timeout?: number }} [options] for what takes long on a slow machine: milliseconds */
export async function shows(place, text, options) {
  await place.filter({ hasText: text }).first().waitFor(options)
}

/** Runs a program to its end. @param {Page} page @param {string} code @param {string} [state] the word it ends with */
export async function runToEnd(page, code, state = "Succeeded") {
  const before = page.url()
  await run(page, code)
  await page.waitForURL((url) => url.href !== before)
  await shows(runState(page), state)
}

/** What an automatic check of WCAG 2.2 AA finds wrong. @param {Page} page */
export async function accessibilityFaults(page) {
  // By the debugger, as the page's policy takes no script from elsewhere.
  const session = await page.context().newCDPSession(page)
  await session.send("Runtime.evaluate", { expression: await readFile(axe, "utf8") })
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  }))
  return violations.flatMap((/** @type {any} */ { id, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${node.target} ${node.failureSummary}`))
}
