// Takes the pictures of the README from the real page: npm run pictures --prefix LLMos.Client
import assert from "node:assert/strict"
import { mkdir, stat } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { addPerson, openBrowser, run, runState, runToEnd, shows, signIn } from "./browser.js"
import { Server } from "./server.js"

/** @import { BrowserContextOptions, Page } from "playwright-core" */

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url))
const maxPictureBytes = 250_000

const walks = `import llmos
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

rng = np.random.default_rng(11)
walks = np.zeros((2_000, 251))

for walk in llmos.progress(walks, label="Walks"):
    walk[1:] = rng.normal(0.04, 1, size=250).cumsum()

low, middle, high = np.percentile(walks, [5, 50, 95], axis=0)
ends = walks[:, -1]
print(f"{(ends > 0).mean():.0%} of the walks end above zero")

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
days = range(251)
left.fill_between(days, low, high, color="#dbe4ff")
left.plot(days, walks[:12].T, lw=0.8, alpha=0.7)
left.plot(days, middle, color="#1f3fae", lw=2.5)
left.set_title("2,000 random walks, 12 of them drawn")
right.hist(ends[ends <= 0], bins=24, color="#e8a33d", ec="white")
right.hist(ends[ends > 0], bins=32, color="#3d63dd", ec="white")
right.set_title("Where they end")
plt.tight_layout()
plt.show()

pd.DataFrame(
    {"5 %": low, "median": middle, "95 %": high},
    index=[f"day {day}" for day in days],
).iloc[50::25].round(1)
`

/** What the list of past runs shows below it: a program and the word it ends with. @type {[string, string][]} */
const earlier = [
  ["primes = [n for n in range(2, 10_000) if all(n % d for d in range(2, int(n ** 0.5) + 1))]\nprint(len(primes), primes[-5:])", "Succeeded"],
  ["prices = {\"apple\": 2, \"pear\": 3}\nprint(prices[\"plum\"])", "Failed"],
  ["import numpy as np\nnp.linalg.eigvals(np.random.default_rng(0).normal(size=(6, 6)))", "Succeeded"],
  ["blocks = [bytes(2**20) for _ in range(10_000)]", "Out of memory"],
]

await mkdir(folder, { recursive: true })
const [server, browser] = await Promise.all([Server.start(), openBrowser()])
try {
  const user = await addPerson(server, "member", "ada")
  await desktop("page-light", { colorScheme: "light" })
  await desktop("page-dark", { colorScheme: "dark" })
  await phone("page-phone", { colorScheme: "light" })

  /** @param {string} name @param {BrowserContextOptions} options */
  async function desktop(name, options) {
    const page = await open({ viewport: { width: 1440, height: 900 }, ...options })
    if (name === "page-light") {
      for (const [code, state] of earlier)
        await runToEnd(page, code, state)
    }
    await draw(page)
    await save(page, name)
  }

  /** @param {string} name @param {BrowserContextOptions} options */
  async function phone(name, options) {
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, ...options })
    await draw(page)
    await save(page, name)
  }

  /** @param {BrowserContextOptions} options */
  async function open(options) {
    const context = await browser.newContext({ baseURL: server.address, reducedMotion: "reduce", ...options })
    await signIn(context.request, user)
    const page = await context.newPage()
    await page.goto("/")
    return page
  }
} finally {
  await Promise.all([server.stop(), browser.close()])
}

/** Runs the program of the pictures and waits until everything that it shows is drawn. @param {Page} page */
async function draw(page) {
  await run(page, walks)
  await shows(runState(page), "Succeeded")
  await page.frameLocator("iframe").getByRole("cell").first().waitFor()
  await page.locator(".blocks img").evaluate((image) => /** @type {HTMLImageElement} */ (image).decode())
}

/** @param {Page} page @param {string} name */
async function save(page, name) {
  const path = `${folder}${name}.png`
  await page.screenshot({ path })
  const { size } = await stat(path)
  assert.ok(size <= maxPictureBytes, `${name}.png has ${size} bytes`)
}
