import assert from "node:assert/strict"
import test, { after } from "node:test"
import { accessibilityFaults, editor, openBrowser, output, runState, runToEnd, shows, Visit } from "./browser.js"
import { Server } from "./server.js"
import { chooseFromNew, conflict, fileItem, openFile, readFile, writeFileOf } from "./volumes.js"

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

test("a program is made as a file, run before it is saved, and saved by its keys", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await chooseFromNew(page, "New file")
  await page.getByRole("textbox", { name: "Name" }).fill("hello.py")
  await page.getByRole("button", { name: "Make file" }).click()
  const text = page.getByRole("textbox", { name: "hello.py" })
  await text.fill("print('from a file')")
  await page.keyboard.press("Control+Enter")
  await shows(output(page), "from a file")
  assert.equal(await readFile(visit, "user/hello.py"), "")

  await shows(page.getByRole("region", { name: "hello.py" }), "Not saved")
  await page.keyboard.press("Control+s")
  await shows(page.getByRole("region", { name: "hello.py" }), /Version 2/)
  assert.equal(await readFile(visit, "user/hello.py"), "print('from a file')")

  await page.getByRole("button", { name: "Draft" }).click()
  assert.ok(await editor(page).isVisible())
})

test("a program runs in its folder: modules and data beside it are found", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/project/helper.py", "def double(x): return 2 * x")
  await writeFileOf(visit, "user/project/number.txt", "21")
  await writeFileOf(visit, "user/project/main.py", "import sys, helper\nprint(helper.double(int(open('number.txt').read())), sys.argv[0])")
  const page = await visit.open()
  await fileItem(page, "project").click()
  await openFile(page, "main.py")

  await page.getByTestId("run").first().click()

  await shows(output(page), "42 /user/project/main.py")
})

test("a draft is saved as a file by the same keys", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  await fileItem(page, "user").waitFor()
  await editor(page).fill("print('kept')")
  await page.keyboard.press("Control+s")
  await page.getByRole("textbox", { name: "Name" }).fill("kept.py")
  await page.keyboard.press("Enter")

  await shows(page.getByRole("textbox", { name: "kept.py" }), "print('kept')")
  assert.equal(await readFile(visit, "user/kept.py"), "print('kept')")
})

test("an error of a file's program marks its line there", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/bad.py", "x = 1\n\nraise ValueError(x)\n")
  const page = await visit.open()
  await openFile(page, "bad.py")
  await page.getByTestId("run").first().click()
  await shows(runState(page), "Failed")

  await page.locator(".file-pane .cm-failedLine", { hasText: "raise ValueError" }).waitFor()
  await page.getByRole("button", { name: "Line 3" }).click()
  assert.ok(await page.getByRole("textbox", { name: "bad.py" }).isVisible())
})

test("a file that somebody else has saved meanwhile is not overwritten, and both texts can be had", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(conflict)
  await writeFileOf(visit, "user/plan.txt", "first\nsecond\nthird\n")
  const page = await visit.open()
  await openFile(page, "plan.txt")
  await page.getByRole("textbox", { name: "plan.txt" }).fill("first\nsecond\nthird, mine\n")
  await writeFileOf(visit, "user/plan.txt", "first, theirs\nsecond\nthird\n")
  await page.getByText("has saved version 2 meanwhile").waitFor()
  await page.keyboard.press("Control+s")

  const both = page.getByRole("region", { name: "Conflict" })
  await both.waitFor()
  assert.equal(await readFile(visit, "user/plan.txt"), "first, theirs\nsecond\nthird\n")
  await both.getByRole("button", { name: "Take theirs" }).first().click()
  await both.getByRole("button", { name: "Save as shown" }).click()

  await shows(page.getByRole("region", { name: "plan.txt" }), /Version 3/)
  assert.equal(await readFile(visit, "user/plan.txt"), "first, theirs\nsecond\nthird, mine\n")
})

test("a conflict ends with theirs or with mine, as chosen", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(conflict)
  const page = await visit.open()
  for (const [choice, expected] of [["Use theirs", "theirs"], ["Use mine", "mine"]]) {
    const name = `${choice}.txt`
    await writeFileOf(visit, `user/${name}`, "before")
    await openFile(page, name)
    await page.getByRole("textbox", { name }).fill("mine")
    await writeFileOf(visit, `user/${name}`, "theirs")
    await page.keyboard.press("Control+s")
    await page.getByRole("button", { name: choice, exact: true }).click()

    await page.getByRole("textbox", { name, exact: true }).filter({ hasText: expected }).waitFor()
    await page.getByText("Not saved").waitFor({ state: "detached" })
    await shows(page.getByRole("region", { name }), expected === "mine" ? /Version 3/ : /Version 2/)
    assert.equal(await readFile(visit, `user/${name}`), expected)
  }
})

test("a conflict with what is no text, or cannot be read, is no deletion, and ends as chosen", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(conflict)
  visit.announce(/ERR_FAILED/)
  const page = await visit.open()
  for (const [choice, expected] of [["Use theirs", "theirs\0"], ["Save mine", "mine"]]) {
    const name = `${choice} as bytes.txt`
    await writeFileOf(visit, `user/${name}`, "before")
    await openFile(page, name)
    await page.getByRole("textbox", { name }).fill("mine")
    await writeFileOf(visit, `user/${name}`, "theirs\0")
    await page.route("**/volumes/user/stat/**", (route) => route.abort(), { times: 1 })
    await page.keyboard.press("Control+s")
    await page.getByText("could not be read").waitFor()
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByText("has saved version 2 meanwhile, which is not text").waitFor()
    await page.getByRole("button", { name: choice, exact: true }).click()

    await shows(page.getByRole("region", { name }), expected === "mine" ? /Version 3/ : /is not text/)
    assert.equal(await readFile(visit, `user/${name}`), expected)
    assert.equal(await page.getByText("This file has been deleted").count(), 0)
  }
})

test("a file that is open follows what others do: new text, another name, deletion", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/shared.txt", "one")
  const page = await visit.open()
  await openFile(page, "shared.txt")
  await shows(page.getByRole("textbox", { name: "shared.txt" }), "one")

  await writeFileOf(visit, "user/shared.txt", "two")
  await shows(page.getByRole("textbox", { name: "shared.txt" }), "two")
  await visit.post("/volumes/move", { from: "user/shared.txt", to: "user/renamed.txt" })
  await fileItem(page, "renamed.txt").waitFor()
  await page.getByRole("button", { name: "renamed.txt", exact: true }).waitFor()
  await page.getByRole("textbox").and(page.locator(".file-pane *")).pressSequentially("more ")
  await page.keyboard.press("Control+s")
  await shows(page.getByRole("region", { name: "renamed.txt" }), /Version 3/)

  await visit.context.request.delete("/api/v1/volumes/user/files/renamed.txt", { headers: { "X-LLMos-Request": "1" } })
  await page.getByText("This file has been deleted.").waitFor()
  await fileItem(page, "renamed.txt").waitFor({ state: "detached" })
  await page.getByRole("region", { name: "renamed.txt" }).getByRole("button", { name: "Save" }).click()
  await fileItem(page, "renamed.txt").waitFor()
  assert.match(await readFile(visit, "user/renamed.txt"), /more/)
})

test("what was not saved is not lost by closing", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/keep.txt", "before")
  const page = await visit.open()
  await openFile(page, "keep.txt")
  await page.getByRole("textbox", { name: "keep.txt" }).fill("after")
  await page.getByRole("button", { name: "Close keep.txt" }).click()
  await page.getByRole("button", { name: "Cancel" }).click()
  await shows(page.getByRole("textbox", { name: "keep.txt" }), "after")

  await page.getByRole("button", { name: "Close keep.txt" }).click()
  await page.getByRole("button", { name: "Close without saving" }).click()
  await editor(page).waitFor()
  assert.equal(await readFile(visit, "user/keep.txt"), "before")
})

test("line ends are saved as they were", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  for (const [name, before, expected] of [["windows.txt", "a\r\nb\r\n", "xa\r\nb\r\n"], ["mixed.txt", "a\r\nb\n", "xa\r\nb\n"], ["marked.txt", "\ufeffa\n", "x\ufeffa\n"]]) {
    await writeFileOf(visit, `user/${name}`, before)
    await openFile(page, name)
    await page.getByRole("textbox", { name }).press("Control+Home")
    await page.keyboard.type("x")
    await page.keyboard.press("Control+s")
    await shows(page.getByRole("region", { name }), /Version 2/)
    assert.equal(await readFile(visit, `user/${name}`), expected)
  }
})

test("a former version is compared with the current one and restored", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/story.txt", "once\nupon\n")
  await writeFileOf(visit, "user/story.txt", "once\nafter\n")
  const page = await visit.open()
  await openFile(page, "story.txt")
  await page.getByRole("region", { name: "story.txt" }).getByRole("button", { name: "History" }).click()
  const history = page.getByRole("dialog", { name: "History of story.txt" })
  await history.getByRole("button", { name: /^Version 1/ }).and(page.locator("[aria-pressed=true]")).waitFor()
  await history.locator(".cm-deletedChunk", { hasText: "upon" }).waitFor()
  await history.locator(".cm-changedLine", { hasText: "after" }).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  await history.getByRole("button", { name: "Restore" }).click()
  await history.getByRole("button", { name: /^Version 3 *current/ }).waitFor()
  await page.keyboard.press("Escape")

  await shows(page.getByRole("textbox", { name: "story.txt" }), "upon")
  assert.equal(await readFile(visit, "user/story.txt"), "once\nupon\n")
})

test("tables, pictures, Markdown, notebooks and PDFs are shown as what they are", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  const [picture, pdf] = [await page.screenshot({ clip: { x: 0, y: 0, width: 30, height: 20 } }), await page.pdf()]
  const notebook = { cells: [
    { cell_type: "markdown", source: ["# A *notebook*"] },
    { cell_type: "code", source: ["1 + 1"], outputs: [
      { output_type: "stream", name: "stdout", text: ["printed\n"] },
      { output_type: "execute_result", data: { "text/html": "<table><tr><td>cell</td></tr></table>" } },
      { output_type: "error", ename: "E", evalue: "v", traceback: ["\u001b[31mbroken\u001b[0m"] },
    ] },
  ] }
  await writeFileOf(visit, "user/table.csv", "name,value\n\"a, b\",2\nc,30\n")
  await writeFileOf(visit, "user/picture.png", picture)
  await writeFileOf(visit, "user/words.md", "# Words\n\n- one\n")
  await writeFileOf(visit, "user/book.ipynb", JSON.stringify(notebook))
  await writeFileOf(visit, "user/paper.pdf", pdf)
  await writeFileOf(visit, "user/raw.bin", Buffer.from([0, 1, 2, 255]))
  const shown = (/** @type {string} */ name) => page.getByRole("region", { name, exact: true })

  await openFile(page, "table.csv")
  await shown("table.csv").getByRole("cell", { name: "a, b" }).waitFor()
  await shows(shown("table.csv"), "2 rows × 2 columns")
  await openFile(page, "picture.png")
  await shows(shown("picture.png"), "30 × 20")
  await openFile(page, "words.md")
  await shown("words.md").getByRole("heading", { name: "Words" }).waitFor()
  await shown("words.md").getByRole("button", { name: "Source" }).click()
  await shows(page.getByRole("textbox", { name: "words.md" }), "# Words")
  await openFile(page, "book.ipynb")
  await shown("book.ipynb").getByRole("heading", { name: "A notebook" }).waitFor()
  await shown("book.ipynb").getByText("printed").waitFor()
  await shown("book.ipynb").getByText("broken", { exact: true }).waitFor()
  await page.frameLocator(".notebook-view iframe").getByRole("cell", { name: "cell" }).waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  // This build of Chromium has no viewer for them; people's browsers have.
  await page.evaluate(() => Object.defineProperty(navigator, "pdfViewerEnabled", { value: true }))
  await openFile(page, "paper.pdf")
  assert.match(await shown("paper.pdf").getByTitle("paper.pdf", { exact: true }).getAttribute("src") ?? "", /^blob:/)
  await openFile(page, "raw.bin")
  await shown("raw.bin").getByText("raw.bin is not text: 4 B.").waitFor()
})

test("nothing of a file runs in the page, whatever its name", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(/Content Security Policy|ERR_INVALID_URL|sandbox/i)
  const attack = "<img src=x onerror='top.ran = 1'><script>top.ran = 1</script><iframe srcdoc='<script>top.ran = 1</script>'></iframe>"
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.ran = 1"><script>top.ran = 1</script></svg>`
  const notebook = { cells: [{ cell_type: "markdown", source: attack }, { cell_type: "code", source: "", outputs: [{ output_type: "display_data", data: { "text/html": attack } }, { output_type: "display_data", data: { "image/svg+xml": svg } }] }] }
  for (const [name, text] of [["a.html", attack], ["a.svg", svg], ["a.md", `${attack}\n\n[x](javascript:top.ran=1)`], ["a.ipynb", JSON.stringify(notebook)], ["a.pdf", attack], ["a.csv", `${attack},1\n${attack},2`], ["a.png", attack]])
    await writeFileOf(visit, `user/${name}`, text)
  const page = await visit.open()
  for (const name of ["a.html", "a.svg", "a.md", "a.ipynb", "a.pdf", "a.csv", "a.png"])
    await openFile(page, name)
  await page.getByText("This is not a picture that the browser can show.").waitFor()
  for (const path of ["a.html", "a.svg"]) {
    const alone = await visit.open(`/api/v1/volumes/user/files/${path}`)
    assert.equal(await alone.evaluate(() => /** @type {any} */ (globalThis).ran), undefined)
    await alone.close()
  }

  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).ran), undefined)
})

test("what is typed while somebody else's text arrives is not lost", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  visit.announce(conflict)
  await writeFileOf(visit, "user/race.txt", "before")
  const page = await visit.open()
  await openFile(page, "race.txt")
  const text = page.getByRole("textbox", { name: "race.txt" })
  await shows(text, "before")
  /** @type {() => void} */
  let goOn = () => {}
  const held = new Promise((resolve) => goOn = () => resolve(null))
  const asked = page.waitForRequest("**/files/race.txt")
  await page.route("**/files/race.txt", async (route) => {
    if (route.request().method() === "GET")
      await held
    await route.continue()
  })
  await writeFileOf(visit, "user/race.txt", "theirs")
  await asked
  await text.fill("mine")
  goOn()

  await page.getByText("has saved version 2 meanwhile").waitFor()
  await shows(text, "mine")
  await page.keyboard.press("Control+s")
  await page.getByRole("region", { name: "Conflict" }).waitFor()
  assert.equal(await readFile(visit, "user/race.txt"), "theirs")
})

test("a dropped file that misses the tree does not take the place of the page", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()
  const [over, dropped] = await page.getByRole("log", { name: "Output" }).or(page.getByRole("region", { name: "Output" })).first().evaluate((place) => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(["x"], "x.html"))
    return ["dragover", "drop"].map((type) => !place.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer })))
  })

  assert.deepEqual([over, dropped], [true, true])
})

test("the files that a run wrote are listed below its output, and open at a click", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  await writeFileOf(visit, "user/out/result.txt", "of the run")
  const page = await visit.open()
  await page.route("**/api/v1/runs/*", async (route) => {
    const answer = await route.fetch()
    const files = [{ path: "user/out/result.txt", change: "created", bytes: 10, version: 1 }, { path: "user/old\u202e.txt", change: "removed" }, { path: "user/out", change: "created" }]
    await route.fulfill({ response: answer, json: { ...await answer.json(), files, filesOmitted: 7 } })
  })
  await runToEnd(page, "1")
  await page.reload()
  const files = page.getByRole("region", { name: "Files of the run" })
  await shows(files, "10 changes")
  await shows(files, "and 7 more")
  await shows(files, "user/old\\u202e.txt")
  assert.deepEqual(await accessibilityFaults(page), [])
  await files.getByRole("button").click()
  await fileItem(page, "result.txt").and(page.locator("[aria-selected=true]")).waitFor()

  await shows(page.getByRole("textbox", { name: "result.txt" }), "of the run")
})

test("the tree and what is open are right again after the server was away", async (t) => {
  const own = await Server.start()
  t.after(() => own.stop())
  const visit = await Visit.signedIn(t, browser, own)
  visit.announce(/ERR_CONNECTION|WebSocket|Failed to (fetch|load)/)
  await writeFileOf(visit, "user/a.txt", "before")
  await writeFileOf(visit, "user/b.txt", "before")
  const page = await visit.open()
  await openFile(page, "b.txt")
  await page.getByRole("textbox", { name: "b.txt" }).fill("mine")
  await openFile(page, "a.txt")
  await shows(page.getByRole("textbox", { name: "a.txt" }), "before")
  await own.kill()
  await own.begin()
  await writeFileOf(visit, "user/a.txt", "after")
  await writeFileOf(visit, "user/b.txt", "after")
  await writeFileOf(visit, "user/new.txt", "x")

  await fileItem(page, "new.txt").waitFor()
  await shows(page.getByRole("textbox", { name: "a.txt" }), "after")
  await page.getByRole("button", { name: /^b.txt \(not saved\)$/ }).click()
  await shows(page.getByRole("region", { name: "b.txt" }), "has saved version 2 meanwhile")
  await shows(page.getByRole("textbox", { name: "b.txt" }), "mine")
})
