// Takes the pictures of the README from the real page: npm run pictures --prefix LLMos.Client
import assert from "node:assert/strict"
import { mkdir, stat } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { addPerson, openBrowser, run, runState, runToEnd, shows, signIn } from "./browser.js"
import { Server } from "./server.js"
import { fileItem, openFile, writeFileOf } from "./volumes.js"

/** @import { BrowserContext, BrowserContextOptions, Page } from "playwright-core" */

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url))
const maxPictureBytes = 260_000

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

const stations = `station,country,latitude,longitude,since
${["Akureyri,Iceland,65.68,-18.08,1881", "Bergen,Norway,60.38,5.33,1904", "Bern,Switzerland,46.99,7.46,1864", "Bologna,Italy,44.50,11.35,1813", "Cork,Ireland,51.85,-8.49,1961", "Coimbra,Portugal,40.21,-8.43,1865",
    "De Bilt,Netherlands,52.10,5.18,1901", "Helsinki,Finland,60.18,24.94,1844", "Kraków,Poland,50.06,19.96,1792", "Lund,Sweden,55.69,13.23,1753", "Marseille,France,43.44,5.22,1864", "Oxford,England,51.76,-1.26,1767",
    "Prague,Czechia,50.09,14.42,1775", "Split,Croatia,43.52,16.43,1948", "Tartu,Estonia,58.26,26.46,1865", "Toledo,Spain,39.88,-4.05,1909", "Tórshavn,Faroe Islands,62.01,-6.77,1873", "Vienna,Austria,48.25,16.36,1775", "Zagreb,Croatia,45.82,15.98,1861"].join("\n")}
`
const plan = (/** @type {string} */ when, /** @type {string} */ who) => `# Field week

- Monday: calibrate the loggers
- Tuesday: ${when}
- Wednesday: lunch with the lab next door
- Thursday: second survey, ${who}
- Friday: write it up

Bring the spare batteries.
`

await mkdir(folder, { recursive: true })
const [server, browser] = await Promise.all([Server.start({ LLMos__Devices__Virtual: "3" }), openBrowser()])
try {
  const user = await addPerson(server, "member", "ada")
  const grace = await addPerson(server, "member", "grace")
  await fillVolumes(await signedIn({}))
  await desktop("page-light", { colorScheme: "light" })
  await desktop("page-dark", { colorScheme: "dark" })
  await phone("page-phone", { colorScheme: "light" })
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await files(`files-${colorScheme}`, { colorScheme })
    await conflict(`conflict-${colorScheme}`, { colorScheme })
    await devices(`devices-${colorScheme}`, { colorScheme })
  }

  /** @param {string} name @param {BrowserContextOptions} options */
  async function desktop(name, options) {
    const page = await open({ viewport: { width: 1440, height: 860 }, ...options })
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

  /** @param {string} name @param {BrowserContextOptions} options */
  async function files(name, options) {
    const page = await open({ viewport: { width: 1440, height: 780 }, ...options })
    await openFile(page, "walks.py")
    await page.getByRole("textbox", { name: "walks.py" }).press("Control+Enter")
    await drawn(page)
    await fileItem(page, "data").click()
    await openFile(page, "stations.csv")
    await page.getByRole("cell", { name: "Zagreb" }).waitFor()
    await save(page, name)
  }

  /** @param {string} name @param {BrowserContextOptions} options */
  async function conflict(name, options) {
    const page = await open({ viewport: { width: 1440, height: 560 }, ...options })
    await writeFileOf({ context: page.context() }, "team/field week.md", plan("first survey at the harbour", "with grace"))
    await fileItem(page, "team").click()
    await openFile(page, "field week.md")
    await page.getByRole("button", { name: "Source" }).click()
    await page.getByRole("textbox", { name: "field week.md" }).fill(plan("first survey, on the north shore", "with grace"))
    const other = await signedIn({}, grace)
    await writeFileOf({ context: other }, "team/field week.md", plan("first survey, if the boat is back", "with grace and two guests"))
    await page.getByText("meanwhile").waitFor()
    await page.keyboard.press("Control+s")
    await page.getByRole("region", { name: "Conflict" }).waitFor()
    await save(page, name)
  }

  /** @param {string} name @param {BrowserContextOptions} options */
  async function devices(name, options) {
    const page = await open({ viewport: { width: 1440, height: 760 }, ...options })
    for (const [id, title, tags] of /** @type {const} */ ([["virtual-1", "Greenhouse", ["sensors"]], ["virtual-2", "Robot arm", ["motors", "left"]], ["virtual-3", "Spare ESP32", []]])) {
      const answer = await page.request.patch(`/api/v1/devices/${id}`, { data: { name: title, tags }, headers: { "X-LLMos-Request": "1" } })
      assert.ok(answer.ok())
    }
    const other = await signedIn({}, grace)
    const lease = await other.request.post("/api/v1/devices/virtual-2/lease", { data: { reason: "new gripper", takeOver: true }, headers: { "X-LLMos-Request": "1" } })
    assert.ok(lease.ok())
    await page.goto("/#device=virtual-1")
    await page.getByRole("button", { name: "Take", exact: true }).click()
    await page.getByText("You have it").waitFor()
    await page.getByRole("button", { name: "Plot" }).click()
    for (const line of ["{\"action\":\"get_info\"}", "{\"action\":\"custom_telemetry\",\"hertz\":10,\"seconds\":6}"]) {
      await page.getByRole("textbox", { name: "Line to send" }).fill(line)
      await page.keyboard.press("Enter")
      await page.getByText("You have it").waitFor()
    }
    await shows(page.locator(".xterm-rows"), "light:135")
    await save(page, name)
    await page.getByRole("button", { name: "Give back" }).click()
  }

  /** @param {BrowserContextOptions} options @param {string} [person] */
  async function signedIn(options, person = user) {
    const context = await browser.newContext({ baseURL: server.address, reducedMotion: "reduce", ...options })
    await signIn(context.request, person)
    return context
  }

  /** @param {BrowserContextOptions} options */
  async function open(options) {
    const context = await signedIn(options)
    const page = await context.newPage()
    await page.goto("/")
    return page
  }
} finally {
  await Promise.all([server.stop(), browser.close()])
}

/** @param {BrowserContext} context */
async function fillVolumes(context) {
  for (const [path, text] of [
    ["user/data/stations.csv", stations], ["user/data/harbour.csv", "day,level\n1,2.4\n"], ["user/figures/first.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ["user/notes.md", "# Notes\n"], ["user/report.pdf", "%PDF-1.4"], ["user/tides.ipynb", "{}"], ["user/walks.py", walks],
  ])
    await writeFileOf({ context }, path, text)
}

/** Runs the program of the pictures and waits until everything that it shows is drawn. @param {Page} page */
async function draw(page) {
  await run(page, walks)
  await drawn(page)
}

/** @param {Page} page */
async function drawn(page) {
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
