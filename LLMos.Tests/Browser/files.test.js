import assert from "node:assert/strict"
import test, { after } from "node:test"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { accessibilityFaults, openBrowser, shows, Visit } from "./browser.js"
import { Server } from "./server.js"
import { chooseFromNew, conflict, dropFiles, fileItem, readFile, tree, writeFileOf } from "./volumes.js"

const [server, browser] = await Promise.all([Server.start({ LLMos__Volumes__FileMegabytes: "10", LLMos__Volumes__MaxSearches: "1" }), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

test("files and folders are made, renamed, copied, moved, deleted and brought back", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await fileItem(page, "user").click({ button: "right" })
  await page.getByRole("menuitem", { name: "New folder" }).click()
  await page.getByRole("textbox", { name: "Name" }).fill("data")
  await page.getByRole("button", { name: "Make folder" }).click()
  await fileItem(page, "data").waitFor()
  await writeFileOf(visit, "user/a.csv", "x\n1\n")

  await fileItem(page, "a.csv").dragTo(fileItem(page, "data"))
  await fileItem(page, "data").and(page.locator("[aria-expanded=true]")).waitFor()
  assert.equal(await readFile(visit, "user/data/a.csv"), "x\n1\n")

  await fileItem(page, "data").click({ button: "right" })
  await page.getByRole("menuitem", { name: "Copy to" }).click()
  await page.getByLabel("To", { exact: true }).fill("team/given")
  await page.getByRole("button", { name: "Copy", exact: true }).click()
  await fileItem(page, "given").waitFor()
  assert.equal(await readFile(visit, "team/given/a.csv"), "x\n1\n")

  await fileItem(page, "given").click()
  await tree(page).press("F2")
  await page.getByRole("textbox", { name: "Name" }).fill("given away")
  await page.keyboard.press("Enter")
  await fileItem(page, "given away").waitFor()
  await tree(page).focus()
  await page.keyboard.press("Delete")
  await page.getByRole("dialog").getByText("1 file below it").waitFor()
  await page.getByRole("button", { name: "Delete", exact: true }).click()
  await fileItem(page, "given away").waitFor({ state: "detached" })
  await page.getByRole("button", { name: "Undo" }).click()
  await fileItem(page, "given away").waitFor()
})

test("a name that is taken is refused in the dialog, which stays", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/status of 4(12|09)/)
  await writeFileOf(visit, "user/there.py", "x")
  const page = await visit.open()
  await chooseFromNew(page, "New file")
  for (const [name, words] of [["there.py", "something of that name"], ["a/b", "A name cannot have /"], ["..", "A name is needed"]]) {
    await page.getByRole("textbox", { name: "Name" }).fill(name)
    await page.getByRole("button", { name: "Make file" }).click()
    await page.getByRole("dialog").getByText(words).waitFor()
  }
  assert.equal(await readFile(visit, "user/there.py"), "x")
})

test("files and whole folders are dropped in, and what is there is asked about", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(conflict)
  const folder = await mkdtemp(join(tmpdir(), "llmos-drop-"))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, "measured/deep"), { recursive: true })
  await mkdir(join(folder, "measured/nothing"))
  for (let index = 0; index < 130; index += 1)
    await writeFile(join(folder, `measured/deep/${index}.txt`), `number ${index}`)
  await writeFile(join(folder, "one.txt"), "new")
  await writeFile(join(folder, "two.txt"), "new")
  await writeFileOf(visit, "user/one.txt", "old")
  await writeFileOf(visit, "user/two.txt", "old")
  const page = await visit.open()
  await fileItem(page, "one.txt").waitFor()

  await dropFiles(page, fileItem(page, "user"), [join(folder, "measured")])
  await page.getByText("130 files uploaded").waitFor()
  assert.equal(await readFile(visit, "user/measured/deep/129.txt"), "number 129")
  await fileItem(page, "measured").click()
  await fileItem(page, "nothing").waitFor()

  await dropFiles(page, fileItem(page, "user"), [join(folder, "one.txt"), join(folder, "two.txt")])
  const question = page.getByRole("dialog", { name: "Replace the file?" })
  // They are sent at the same time, and either may be answered first.
  const isOneFirst = (await question.getByText("is in user/ already").textContent())?.includes("one.txt")
  const [skipped, replaced] = isOneFirst ? ["one.txt", "two.txt"] : ["two.txt", "one.txt"]
  await question.getByRole("button", { name: "Skip" }).click()
  await question.getByText(replaced).waitFor()
  await question.getByRole("button", { name: "Replace" }).click()
  await page.getByText("1 file uploaded, 1 skipped").waitFor()
  assert.equal(await readFile(visit, `user/${skipped}`), "old")
  assert.equal(await readFile(visit, `user/${replaced}`), "new")
})

test("an upload that is refused says why, and the others go on", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/status of 413|ERR_/)
  const folder = await mkdtemp(join(tmpdir(), "llmos-drop-"))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, "large.bin"), Buffer.alloc(10_500_000))
  await writeFile(join(folder, "small.txt"), "small")
  const page = await visit.open()
  await fileItem(page, "user").waitFor()
  await dropFiles(page, fileItem(page, "user"), [join(folder, "large.bin"), join(folder, "small.txt")])

  await page.getByText("1 file uploaded, 1 failed").waitFor()
  await page.getByRole("region", { name: "Uploads" }).getByText("A file has 10,485,760 bytes at most").waitFor()
  await fileItem(page, "small.txt").waitFor()
})

test("the system volume and, for viewers, the team's are read-only", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "team/rule.txt", "a rule")
  const viewer = await Visit.signedIn(t, browser, server, { role: "viewer" })
  const page = await viewer.open()
  await fileItem(page, "team read-only").click()
  await fileItem(page, "rule.txt").click()
  await page.getByRole("textbox", { name: "rule.txt, read-only" }).waitFor()
  assert.equal(await page.getByRole("region", { name: "rule.txt" }).getByRole("button", { name: "Save" }).isVisible(), false)
  await fileItem(page, "rule.txt").click({ button: "right" })
  assert.equal(await page.getByRole("menuitem", { name: "Rename" }).count(), 0)
  await page.keyboard.press("Escape")
  await fileItem(page, "system read-only").waitFor()
})

test("the tree is walked by its keys, and an automatic check finds no fault in it", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/data/a.csv", "x\n1\n")
  await writeFileOf(visit, "user/data/b.csv", "x\n1\n")
  await writeFileOf(visit, "user/notes.txt", "x")
  const page = await visit.open()
  const at = (/** @type {string} */ name) => fileItem(page, name).and(page.locator("[aria-selected=true]")).waitFor()
  await fileItem(page, "data").waitFor()
  await tree(page).focus()
  for (const [key, name] of [
    ["ArrowDown", "data"], ["ArrowRight", "data"], ["ArrowRight", "a.csv"], ["End", "system read-only"], ["Home", "user"], ["n", "notes.txt"], ["ArrowUp", "b.csv"],
    ["ArrowLeft", "data"], ["ArrowLeft", "data"], ["ArrowLeft", "user"], ["PageDown", "system read-only"], ["Home", "user"],
  ]) {
    await page.keyboard.press(key)
    await at(name)
  }
  assert.deepEqual(await accessibilityFaults(page), [])

  await page.keyboard.press("n")
  await at("notes.txt")
  // As by the menu key, for which this driver of the browser has no event.
  await tree(page).dispatchEvent("contextmenu")
  await page.getByRole("menuitem", { name: "Open" }).and(page.locator(":focus")).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.keyboard.press("Escape")
  await page.keyboard.press("F2")
  await page.getByRole("textbox", { name: "Name" }).fill("words.txt")
  await page.keyboard.press("Enter")
  await at("words.txt")
  await page.keyboard.press("Enter")
  await page.getByRole("textbox", { name: "words.txt" }).and(page.locator(":focus")).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  await tree(page).focus()
  await page.keyboard.press("Delete")
  await fileItem(page, "words.txt").waitFor({ state: "detached" })
  await page.getByText("words.txt is in the bin.").waitFor()
  await at("data")
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("Delete")
  await at("b.csv")
})

test("a name that would turn the text around it is shown with its marks", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/bill\u202efdp.py", "x")
  await writeFileOf(visit, "user/\u05e9\u05dc\u05d5\u05dd.txt", "x")
  const page = await visit.open()

  await fileItem(page, "bill\\u202efdp.py").click()
  await page.getByRole("button", { name: "Close bill\\u202efdp.py" }).waitFor()
  assert.equal(await page.locator("body").evaluate((body) => (body.textContent ?? "").includes("\u202e")), false)
  assert.equal(await fileItem(page, "\u05e9\u05dc\u05d5\u05dd.txt").locator("bdi").count(), 1)
})

test("files are found by name and by content, and open at the line", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/deep/needle.txt", "nothing")
  await writeFileOf(visit, "user/hay.txt", `${"hay\n".repeat(80)}one needle here\n`)
  const page = await visit.open()
  await page.getByRole("button", { name: "Search files" }).click()
  await page.getByRole("searchbox", { name: "Search in files" }).fill("needle")
  await page.getByText("1 match", { exact: true }).waitFor()
  await page.getByRole("button", { name: "needle.txt user/deep" }).waitFor()

  await page.getByLabel("Search by").selectOption("Contents")
  await page.getByRole("button", { name: "81 one needle here" }).click()
  await shows(page.getByRole("textbox", { name: "hay.txt" }), "one needle here")
  assert.deepEqual(await accessibilityFaults(page), [])

  await page.getByRole("searchbox").fill("no such words")
  await page.getByText("Nothing found.").waitFor()
  await page.getByRole("button", { name: "Search files" }).click()
  await fileItem(page, "hay.txt").waitFor()
})

test("what was deleted is brought back from the bin, beside what took its place, or thrown away", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/status of 409/)
  for (const [name, text] of [["gone.txt", "first"], ["taken.txt", "first"], ["waste.txt", "first"]]) {
    await writeFileOf(visit, `user/${name}`, text)
    await visit.context.request.delete(`/api/v1/volumes/user/files/${name}`, { headers: { "X-LLMos-Request": "1" } })
  }
  await writeFileOf(visit, "user/taken.txt", "second")
  const page = await visit.open()
  await page.getByRole("button", { name: "More about files" }).click()
  await page.getByRole("menuitem", { name: "Bin" }).click()
  const bin = page.getByRole("dialog", { name: "Bin" })
  await bin.getByRole("button", { name: "Restore gone.txt" }).click()
  await bin.getByRole("button", { name: "Restore taken.txt" }).click()
  await page.getByText("it is taken 2.txt now").waitFor()
  await bin.getByRole("button", { name: "Delete waste.txt for ever" }).click()
  await page.getByRole("button", { name: "Delete for ever", exact: true }).click()
  await bin.getByText("The bin is empty.").waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.keyboard.press("Escape")

  await fileItem(page, "taken 2.txt").waitFor()
  assert.equal(await readFile(visit, "user/gone.txt"), "first")
  assert.equal(await readFile(visit, "user/taken 2.txt"), "first")
  assert.equal(await fileItem(page, "waste.txt").count(), 0)
})

test("the use of a volume is shown, and follows what is written", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  const meter = page.getByRole("meter", { name: "user" })
  await meter.and(page.locator("[aria-valuetext='0 B of 2 GB']")).waitFor({ state: "attached" })
  await writeFileOf(visit, "user/large.bin", Buffer.alloc(1_900_000))

  await meter.and(page.locator("[aria-valuetext='1.8 MB of 2 GB']")).waitFor({ state: "attached" })
})

test("ten thousand files of a folder cost no more than those that can be seen", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/many/0.txt", "x")
  const page = await visit.open()
  // Written one by one, they would take longer than everything else here.
  await page.route("**/volumes/user/folders/many*", async (route) => {
    const answer = await route.fetch()
    const listing = await answer.json()
    const entries = Array.from({ length: 10_000 }, (_, index) => ({ ...listing.entries[0], name: `${index}.txt`, path: `user/many/${index}.txt` }))
    await route.fulfill({ response: answer, json: { ...listing, count: entries.length, entries, next: null } })
  })
  await fileItem(page, "many").click()
  await fileItem(page, "0.txt").waitFor()
  await fileItem(page, "many").click({ button: "right" })
  await page.keyboard.press("Escape")
  await tree(page).focus()
  for (const key of ["End", "ArrowUp", "ArrowUp"])
    await page.keyboard.press(key)
  await fileItem(page, "9999.txt").waitFor()
  assert.equal(await fileItem(page, "9999.txt").getAttribute("aria-posinset"), "10000")
  assert.equal(await fileItem(page, "9999.txt").getAttribute("aria-setsize"), "10000")
  assert.ok(await tree(page).getByRole("treeitem").count() < 100)

  await writeFileOf(visit, "user/many/5000 a.txt", "x")
  await visit.post("/volumes/move", { from: "user/many/0.txt", to: "user/many/zero.txt" })
  await fileItem(page, "zero.txt").waitFor()
})

test("a file is dragged out as itself and a folder as a zip", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/out/a b.txt", "x")
  const page = await visit.open()
  await fileItem(page, "out").click()
  await fileItem(page, "a b.txt").waitFor()
  const dragged = (/** @type {string} */ name) => fileItem(page, name).evaluate((item) => {
    const dataTransfer = new DataTransfer()
    item.dispatchEvent(new DragEvent("dragstart", { bubbles: true, dataTransfer }))
    return dataTransfer.getData("DownloadURL")
  })

  assert.equal(await dragged("a b.txt"), `application/octet-stream:a b.txt:${server.address}/api/v1/volumes/user/files/out/a%20b.txt?download=1`)
  assert.equal(await dragged("out"), `application/zip:out.zip:${server.address}/api/v1/volumes/user/export/out`)
})

test("a folder is taken out as a zip and brought in again, after a question about what is there", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/status of 4(09|12)/)
  await writeFileOf(visit, "user/box/a.txt", "packed")
  await writeFileOf(visit, "user/box/deep/b.txt", "packed")
  const page = await visit.open()
  await fileItem(page, "box").click({ button: "right" })
  const downloading = page.waitForEvent("download")
  await page.getByRole("menuitem", { name: "Download as zip" }).click()
  const download = await downloading
  assert.equal(download.suggestedFilename(), "box.zip")
  const zip = await download.path()

  await writeFileOf(visit, "user/box/a.txt", "newer")
  await fileItem(page, "box").click({ button: "right" })
  const choosing = page.waitForEvent("filechooser")
  await page.getByRole("menuitem", { name: "Import a zip" }).click()
  await (await choosing).setFiles(zip)
  await page.getByRole("dialog", { name: "Replace the files?" }).getByRole("button", { name: "Replace" }).click()
  await page.getByText("2 files uploaded").waitFor()
  assert.equal(await readFile(visit, "user/box/a.txt"), "packed")
  await fileItem(page, "deep").waitFor()
})

test("an upload shows how far it is, and can be cancelled", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const folder = await mkdtemp(join(tmpdir(), "llmos-drop-"))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, "slow.bin"), Buffer.alloc(8_000_000))
  const page = await visit.open()
  await fileItem(page, "user").waitFor()
  const session = await page.context().newCDPSession(page)
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 })
  await dropFiles(page, fileItem(page, "user"), [join(folder, "slow.bin")])
  const uploads = page.getByRole("region", { name: "Uploads" })
  await uploads.getByText(/^[1-9]\d? %$/).waitFor()
  await uploads.getByRole("button", { name: "Cancel uploads" }).click()

  await uploads.getByText("0 files uploaded, 1 skipped").waitFor()
  assert.equal(await fileItem(page, "slow.bin").count(), 0)
  await uploads.getByRole("button", { name: "Close uploads" }).click()
  await uploads.waitFor({ state: "hidden" })
})
