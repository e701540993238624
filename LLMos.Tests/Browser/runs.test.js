import assert from "node:assert/strict"
import { createReadStream } from "node:fs"
import test, { after } from "node:test"
import { editor, openBrowser, output, run, runState, runToEnd, shows, Visit } from "./browser.js"
import { Elsewhere } from "./elsewhere.js"
import { Server } from "./server.js"

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

const printsAndWaits = `
import time
print("first words")
time.sleep(20)
print("last words")
`

test("text is shown while the program still runs, and Stop keeps it", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await run(page, printsAndWaits)
  await shows(output(page), "first words")
  await shows(runState(page), "Running")
  await page.getByRole("button", { name: "Stop" }).click()
  await shows(runState(page), "Stopped")

  assert.match(await output(page).innerText(), /first words/)
  assert.doesNotMatch(await output(page).innerText(), /last words/)
})

test("Interrupt raises KeyboardInterrupt, which the program may catch", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await run(page, `
import time
try:
    print("waiting", flush=True)
    time.sleep(20)
except KeyboardInterrupt:
    print("caught")
`)
  await shows(output(page), "waiting")
  await page.getByRole("button", { name: "Interrupt" }).click()

  await shows(runState(page), "Succeeded")
  await shows(output(page), "caught")
})

test("figures stay where they were drawn among the text, at their natural size", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, `
import matplotlib.pyplot as plt
for n in (1, 2):
    print(f"before {n}")
    fig, ax = plt.subplots(figsize=(10, 6))
    ax.plot([0, n], [0, 1])
    plt.tight_layout()
    plt.show()
    print(f"after {n}")
`)

  const order = await output(page).locator(".blocks").evaluate((blocks) => [...blocks.children].map((block) =>
    block.querySelector("img")?.alt ?? block.textContent?.trim().replace("\n", ", ")))
  assert.deepEqual(order, ["before 1", "Figure 1, drawn by the program", "after 1, before 2", "Figure 2, drawn by the program", "after 2"])
  const sizes = await output(page).locator("img").evaluateAll((images) =>
    Promise.all(/** @type {HTMLImageElement[]} */ (images).map((image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight]))))
  assert.deepEqual(sizes, [[1000, 600], [1000, 600]])
})

test("a DataFrame is a table in a frame that may do nothing", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, `
import pandas as pd
pd.DataFrame({"city": ["Ghent", "Oslo"], "units": [3, 4]})
`)

  const frame = output(page).locator("iframe")
  assert.equal(await frame.getAttribute("sandbox"), "")
  assert.equal(await frame.getAttribute("title"), "Table, 2 rows × 2 columns")
  await shows(frame.contentFrame().getByRole("cell"), "Ghent")
  assert.deepEqual(await frame.contentFrame().getByRole("columnheader").allInnerTexts(), ["", "city", "units"])
})

test("HTML of a program runs nothing and requests nothing", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/Content Security Policy|Blocked script execution|about:srcdoc|violates the following/)
  const page = await visit.open()
  const elsewhere = await Elsewhere.listen(t)
  page.on("dialog", (dialog) => elsewhere.asked.push(`dialog ${dialog.message()}`))

  await runToEnd(page, `
class Hostile:
    def _repr_html_(self):
        return """<meta http-equiv="refresh" content="0;url=${elsewhere.address}/refresh">
<base href="${elsewhere.address}/"><link rel="stylesheet" href="style.css"><style>@import "${elsewhere.address}/import.css"</style>
<script>parent.document.title = "hostile"; alert(1); document.body.textContent = "script ran"</script>
<img src="${elsewhere.address}/picture.png"><img src="x" onerror="alert(2); document.body.textContent = 'onerror ran'">
<iframe src="${elsewhere.address}/frame"></iframe><object data="${elsewhere.address}/object"></object>
<form action="${elsewhere.address}/form"><button>Send</button></form>
<a href="${elsewhere.address}/link" target="_top">Link</a><p>the end</p>"""
Hostile()
`)
  const frame = output(page).locator("iframe").contentFrame()
  await frame.getByText("the end").waitFor()
  await frame.getByRole("button", { name: "Send" }).click()
  // It leads nowhere, and says where it would have.
  assert.equal(await frame.getByText("Link", { exact: true }).getAttribute("title"), `${elsewhere.address}/link`)
  await frame.getByText("Link", { exact: true }).click()

  assert.match(page.url(), /#run=/)
  assert.equal(await page.title(), "Succeeded · LLMos")
  await frame.getByText("the end").waitFor()
  await fetch(`${elsewhere.address}/the-test-itself`)
  assert.deepEqual(elsewhere.asked, ["/the-test-itself"])
})

test("an error marks its line in the editor and shows its hint", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, "print('before')\nimport torch\n", "Failed")

  const error = output(page).getByRole("region", { name: "Error: ModuleNotFoundError" })
  await shows(error, "PyTorch is not here. For models on tables use scikit-learn")
  assert.equal(await page.locator(".cm-failedLine").innerText(), "import torch")
  await error.getByRole("button", { name: "Line 2" }).click()
  await page.keyboard.type("#")
  assert.equal(await page.locator(".cm-failedLine").count(), 0)
  assert.match(await editor(page).innerText(), /^#import torch$/m)
})

test("a progress bar moves and reaches its end", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, `
import llmos, time
numbers = list(range(1_000_000))
total = 0
for start in range(0, len(numbers), 50_000):
    total += sum(numbers[start:start + 50_000])
    llmos.progress(start + 50_000, len(numbers), "Chunks")
print(total)
`)

  const bar = output(page).getByRole("progressbar", { name: "Chunks" })
  assert.deepEqual(await bar.evaluate((/** @type {HTMLProgressElement} */ { value, max }) => [value, max]), [1_000_000, 1_000_000])
  await shows(output(page), "1,000,000 of 1,000,000 · 100 %")
  await shows(output(page), "499999500000")
})

test("a time limit is told in words and by its meter", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await page.getByRole("button", { name: "limits and input of the next run" }).click()
  await page.getByLabel("Time, seconds").fill("1")
  await page.keyboard.press("Escape")

  await runToEnd(page, "print('kept')\nwhile True: pass\n", "Timed out")

  await shows(output(page), "kept")
  await shows(output(page), "The time limit of 1 s was reached")
  await shows(page.locator(".meter-high"), /Time.* of 1 s/)
})

test("a limit that may not be asked for is told where it is typed", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await page.getByRole("button", { name: "limits and input of the next run" }).click()

  await page.getByLabel("Time, seconds").fill("900")

  await shows(page.getByRole("alert"), "Time is a number from 1 to 300.")
  await page.getByLabel("Time, seconds").fill("90")
  await page.getByRole("alert").waitFor({ state: "hidden" })
})

test("values that are JSON are shown with their names, rows of numbers as Python writes them", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, "{'mean': 2.5, 'rows': [1, 2]}")
  await shows(output(page), "\"mean\": 2.5,")
  await runToEnd(page, "[1, 2, 'three']")
  await shows(output(page), "[1, 2, 'three']")
})

test("a memory limit is told in words and by its meter", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, "print('kept')\nbytearray(300 * 2**20)\n", "Out of memory")

  await shows(output(page), "kept")
  await shows(output(page), "The heap limit of 256 MB was reached")
  await shows(output(page).locator(".error-hint"), "Work in chunks")
  await shows(page.locator(".meter-high"), "Heappast 256 MB")
})

test("a flood of output leaves the page usable, ends at its limit and can be downloaded whole", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await page.evaluate(() => {
    const pauses = { longest: 0, latest: performance.now() }
    setInterval(() => {
      pauses.longest = Math.max(pauses.longest, performance.now() - pauses.latest)
      pauses.latest = performance.now()
    }, 10)
    Object.assign(globalThis, { pauses })
  })

  await run(page, "print('the beginning')\nn = 0\nwhile True:\n    n += 1\n    print(n, 'x' * 1000)\n")
  await shows(output(page), /x{1000}/)
  await page.getByRole("button", { name: /^Account of/ }).click()
  await page.getByRole("menu", { name: "Account" }).waitFor()
  await page.keyboard.press("Escape")
  await shows(runState(page), "Too much output", { timeout: 60_000 })

  await shows(output(page), "The output limit of 64 MB was reached")
  const longest = await page.evaluate(() => /** @type {any} */ (globalThis).pauses.longest)
  assert.ok(longest < 1000, `the page was stuck for ${Math.round(longest)} ms`)
  const [download] = await Promise.all([page.waitForEvent("download"), output(page).getByRole("link", { name: "Download the whole output" }).click()])
  const { size, head, tail } = await endsOf(await download.path())
  assert.ok(size > 60_000_000 && size < 70_000_000, `${size} bytes`)
  assert.match(head, /^the beginning\n1 x{1000}\n2 x{1000}\n/)
  const shown = await output(page).locator("pre.text").last().evaluate((text) => text.textContent ?? "")
  assert.equal(tail.trimEnd().slice(-500), shown.trimEnd().slice(-500))
})

/** @param {string} path */
async function endsOf(path) {
  let size = 0
  let head = ""
  let tail = ""
  for await (const chunk of createReadStream(path, "utf8")) {
    size += chunk.length
    head = (head + chunk).slice(0, 5000)
    tail = (tail + chunk).slice(-5000)
  }
  return { size, head, tail }
}
