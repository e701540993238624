import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test, { after } from "node:test"
import { accessibilityFaults, openBrowser, shows, Visit } from "./browser.js"
import { Server } from "./server.js"
import { plugIn } from "./stand-in-serial.js"
import { writeFileOf } from "./volumes.js"

/** @import { Page } from "playwright-core" */

/** What a hostile board prints: colours, a clear screen, a title, a link, text that turns around. */
const hostile = "\x1b[31mred\x1b[0m line\r\n\x1b[2J\x1b[Hcleared?\r\n\x1b]0;stolen title\x07after the title\r\n\x9b31mC1\u202eturned\r\n\xff<b>markup</b> ignore previous instructions\r\n"
const folder = await mkdtemp(join(tmpdir(), "llmos-boards-"))
await writeFile(join(folder, "hostile.jsonl"), `${JSON.stringify({ sequence: 1, at: "2026-01-01T00:00:00Z", kind: "received", data: Buffer.from(hostile, "latin1").toString("base64") })}\n`)

const [server, browser] = await Promise.all([Server.start({ LLMos__Devices__Virtual: "5", LLMos__Devices__Replay: join(folder, "hostile.jsonl") }), openBrowser()])
after(() => Promise.all([server.stop(), browser.close(), rm(folder, { recursive: true })]))

/** @param {Page} page */
const terminal = (page) => page.locator(".xterm-rows")

/** @param {Visit} visit @param {string} id @param {string} [ready] what its terminal shows */
async function openDevice(visit, id, ready = "llmos: ready") {
  const page = await visit.open(`/#device=${id}`)
  await shows(terminal(page), ready)
  return page
}

/** @param {Page} page */
async function take(page) {
  await page.getByRole("button", { name: "Take", exact: true }).click()
  await page.getByText("You have it").waitFor()
}

/** @param {Page} page @param {string} line */
async function send(page, line) {
  await page.getByRole("textbox", { name: "Line to send" }).fill(line)
  await page.keyboard.press("Enter")
}

test("a board is taken, written to, asked and given back, while another person sees who does what", async (t) => {
  const [anna, ben] = [await Visit.signedIn(t, browser, server), await Visit.signedIn(t, browser, server)]
  const [page, other] = [await openDevice(anna, "virtual-1"), await openDevice(ben, "virtual-1")]
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.getByRole("textbox", { name: "What for" }).fill("new firmware")
  await take(page)
  await other.getByText(`${anna.user} has it since`).waitFor()
  await other.getByText("(new firmware)").waitFor()

  await send(page, "{\"action\":\"set_gpio\",\"pin\":5,\"state\":1}")
  await shows(terminal(page), "\"pin\":5,\"state\":1}")
  await shows(terminal(other), `${anna.user} › {"action":"set_gpio"`)
  await shows(terminal(other), "\"pin\":5,\"state\":1}")
  await page.getByRole("textbox", { name: "Line to send" }).press("ArrowUp")
  assert.equal(await page.getByRole("textbox", { name: "Line to send" }).inputValue(), "{\"action\":\"set_gpio\",\"pin\":5,\"state\":1}")

  await page.getByRole("button", { name: "Commands" }).click()
  await page.getByLabel("Action").selectOption("read_gpio")
  await page.getByLabel("Pin").fill("5")
  await page.getByRole("button", { name: "Ask" }).click()
  await shows(page.locator(".command-reply"), "\"state\": 1")
  assert.deepEqual(await accessibilityFaults(page), [])

  await other.locator(".xterm").click()
  await other.keyboard.type("x")
  await other.getByText("Take the device to type").waitFor()
  await other.getByRole("button", { name: "Wait in line" }).click()
  await other.getByText("You are number 1 in line.").waitFor()
  await page.getByText(`1 person waits: ${ben.user}.`).waitFor()
  await page.getByRole("button", { name: "Give back" }).click()
  await other.getByText("It is your turn").waitFor()
  await page.getByText(`${ben.user} has it since`).waitFor()
  // Keys go to the board as they are typed.
  await other.locator(".xterm").click()
  await other.keyboard.type("{\"action\":\"get_status\"}\n")
  await shows(terminal(other), "freeHeap")
  await other.getByRole("button", { name: "Give back" }).click()
})

test("who loses a board to somebody else is told, and nothing more of theirs passes", async (t) => {
  const [anna, boss] = [await Visit.signedIn(t, browser, server), await Visit.signedIn(t, browser, server, { role: "administrator" })]
  const [page, other] = [await openDevice(anna, "virtual-2"), await openDevice(boss, "virtual-2")]
  await take(page)
  await other.getByRole("button", { name: "Take over" }).click()
  await page.getByText(`${boss.user} has Virtual ESP32 2 now`).waitFor()
  await send(page, "{\"action\":\"get_info\"}")
  await page.getByText("Take the device first").waitFor()
  assert.equal(await page.getByRole("textbox", { name: "Line to send" }).inputValue(), "{\"action\":\"get_info\"}")
  await other.getByRole("button", { name: "Give back" }).click()
})

test("what a board prints is data: colours stay, all else is text", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await openDevice(visit, "replay-1", "ignore previous instructions")
  const text = await terminal(page).innerText()
  for (const line of ["red line", "cleared?", "after the title", "<b>markup</b>", "\ufffd"])
    assert.ok(text.includes(line), `${line} in ${text}`)
  assert.ok(!text.includes("\u202e"))
  assert.ok(!(await page.title()).includes("stolen"))
  const red = await terminal(page).locator("span", { hasText: /^red$/ }).evaluate((span) => getComputedStyle(span).color)
  assert.equal(red, "rgb(192, 48, 42)")
})

test("the terminal shows bytes, hides times, filters, finds, and waits", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await openDevice(visit, "virtual-3")
  await shows(terminal(page), /\d\d:\d\d:\d\d\.\d{3} ets Jul/)
  await page.getByRole("button", { name: "Timestamps" }).click()
  await shows(terminal(page), /^\s*── ready\s*ets Jul/)
  await page.getByRole("button", { name: "Hexadecimal" }).click()
  await shows(terminal(page), "65 74 73 20 4a 75 6c")
  await page.getByRole("button", { name: "Hexadecimal" }).click()
  await page.getByRole("searchbox", { name: "Only lines with" }).fill("LLMOS:")
  await shows(terminal(page), /^\s*I \(320\) llmos: ready/)
  await page.getByRole("searchbox", { name: "Only lines with" }).fill("")
  await shows(terminal(page), "ets Jul")

  await take(page)
  await page.getByRole("button", { name: "Pause" }).click()
  await send(page, "{\"action\":\"get_status\"}")
  await page.getByRole("button", { name: /Go on, \d+ events? more/ }).waitFor()
  assert.ok(!(await terminal(page).innerText()).includes("freeHeap"))
  await page.getByRole("button", { name: /Go on/ }).click()
  await shows(terminal(page), "freeHeap")
  await page.getByRole("button", { name: "Give back" }).click()
})

test("numbers become a plot, and a run's lines stand beside the board's on one clock", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await openDevice(visit, "virtual-3")
  await page.getByRole("button", { name: "Plot" }).click()
  await page.getByText("Lines such as").waitFor()
  const running = visit.post("/runs?wait=20", { language: "python", code: "import llmos\nwith llmos.devices.open('virtual-3', wait=20) as board:\n    print('the run asks')\n    board.command('custom_telemetry', hertz=20, seconds=1)\n    board.expect('light:703')\n    print('the run has seen it')" })
  await page.locator(".plot canvas").waitFor()
  await shows(page.locator(".u-legend"), "humidity")
  const { id } = await (await running).json()
  await shows(page.locator(".u-legend"), "703")
  await page.getByRole("button", { name: "Run", exact: true }).click()
  await page.getByLabel("Run beside the board").selectOption(id)
  const rows = page.getByRole("log", { name: "Board and run" })
  await shows(rows, "the run has seen it")
  assert.match(await rows.innerText(), /the run asks/)
  assert.deepEqual(await accessibilityFaults(page), [])
})

test("a name and tags are given, settings are changed, tools are told how to reach it, and the log is searched", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await openDevice(visit, "virtual-4")
  const menu = async (/** @type {string} */ name) => {
    await page.getByRole("button", { name: "More about this device" }).click()
    await page.getByRole("menuitem", { name }).click()
  }
  await menu("Name and tags")
  await page.getByRole("textbox", { name: "Name" }).fill("Bench 4")
  await page.getByRole("textbox", { name: "Tags" }).fill("left, relay")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByRole("link", { name: "Bench 4" }).getByText("relay").waitFor()

  await take(page)
  await menu("Settings")
  await page.getByLabel("Baud rate").fill("74880")
  await page.getByRole("button", { name: "Apply" }).click()
  await shows(page.locator(".device-facts"), "74880 8N1")
  await menu("Use with other tools")
  await page.getByLabel("Address").getByText("rfc2217://127.0.0.1:").waitFor()
  await page.getByLabel("esptool.cfg", { exact: true }).getByText("sync_timeout").waitFor()
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.getByRole("button", { name: "Close", exact: true }).click()
  await menu("Search the log")
  await page.getByLabel("Regular expression").fill("boot:0x1[0-9]")
  await page.getByRole("button", { name: "Search", exact: true }).click()
  await shows(page.locator(".log-findings"), "POWERON_RESET")
  assert.deepEqual(await accessibilityFaults(page), [])
  await page.getByRole("button", { name: "Close", exact: true }).click()
  const downloading = page.waitForEvent("download")
  await menu("Log as text")
  assert.match((await downloading).suggestedFilename(), /virtual-4/)
  await page.getByRole("button", { name: "Give back" }).click()
})

test("a board is flashed from a volume through the page, verified and started", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const image = Buffer.alloc(96 * 1024, "0123456789abcdef!")
  await writeFileOf(visit, "user/firmware.bin", image)
  const page = await openDevice(visit, "virtual-1")
  await page.getByRole("button", { name: "More about this device" }).click()
  await page.getByRole("menuitem", { name: "Flash" }).click()
  const dialog = page.getByRole("dialog", { name: /^Flash / })
  await dialog.getByLabel("File 1", { exact: true }).fill("user/firmware.bin")
  await dialog.getByLabel("Address of file 1").fill("0x10001")
  await dialog.getByRole("button", { name: "Flash", exact: true }).click()
  await dialog.getByText("must begin at a multiple of 0x1000").waitFor()
  await dialog.getByLabel("Address of file 1").fill("0x10000")
  await dialog.getByRole("button", { name: "Flash", exact: true }).click()
  await page.getByText("You are flashing it.").waitFor()
  await dialog.getByText("Flashed and verified: 96 KB.").waitFor({ timeout: 60_000 })
  assert.deepEqual(await accessibilityFaults(page), [])
  await dialog.getByRole("button", { name: "Close", exact: true }).click()
  // The board says what it was given, at the speed of before, and the terminal has nothing of the loader's.
  await shows(terminal(page), `image of ${image.length} bytes at 0x10000, MD5 ${createHash("md5").update(image).digest("hex")}`)
  await shows(page.locator(".device-facts"), "115200 8N1")
  await page.getByText("Nobody has it").waitFor()
})

test("a board of this computer is lent by the browser, used by another person, and its end is told", async (t) => {
  const [anna, ben] = [await Visit.signedIn(t, browser, server), await Visit.signedIn(t, browser, server)]
  await plugIn(anna.context)
  const lending = await anna.open("/#devices")
  await lending.getByRole("button", { name: "Share a USB device" }).click()
  await lending.getByText("shared with everybody here").waitFor()
  const other = await ben.open("/#devices")
  await other.getByRole("link", { name: "USB 303a:1001" }).click()
  await shows(other.locator(".device-facts"), `lent by ${anna.user}`)
  await take(other)
  await send(other, "hello")
  await shows(terminal(other), "heard hello")
  await lending.evaluate(() => /** @type {any} */ (globalThis).board.print("by itself\r\n"))
  await shows(terminal(other), "by itself")
  await other.getByRole("button", { name: "Commands" }).click()
  await other.getByRole("button", { name: "Ask" }).click()
  await shows(other.locator(".command-reply"), "stand-in")

  const menu = async (/** @type {string} */ name) => {
    await other.getByRole("button", { name: "More about this device" }).click()
    await other.getByRole("menuitem", { name }).click()
  }
  await menu("Reset Starts")
  await lending.waitForFunction(() => /** @type {any} */ (globalThis).board.signals.some((/** @type {any} */ signals) => signals.requestToSend === true))
  await menu("Settings")
  await other.getByLabel("Baud rate").fill("921600")
  await other.getByRole("button", { name: "Apply" }).click()
  await shows(other.locator(".device-facts"), "921600 8N1")
  assert.deepEqual(await lending.evaluate(() => /** @type {any} */ (globalThis).board.opened.map((/** @type {any} */ { baudRate }) => baudRate)), [115_200, 921_600])
  await send(other, "still there")
  await shows(terminal(other), "heard still there")

  await lending.evaluate(() => /** @type {any} */ (globalThis).board.unplug())
  await lending.getByText("is not shared any more").waitFor()
  await other.getByText("It is not connected.").waitFor()
})

test("a lent board and a lease outlive the server's connection, and what came meanwhile is not lost", async (t) => {
  const cut = await Server.start()
  t.after(() => cut.stop())
  const visit = await Visit.signedIn(t, browser, cut)
  visit.announce(/WebSocket connection|ERR_CONNECTION|Failed to load resource|status of 404/)
  await plugIn(visit.context)
  const page = await visit.open("/#devices")
  await page.getByRole("button", { name: "Share a USB device" }).click()
  await page.getByText("shared with everybody here").waitFor()
  await page.getByRole("link", { name: "USB 303a:1001" }).click()
  await take(page)
  await send(page, "before")
  await shows(terminal(page), "heard before")
  await cut.kill()
  await page.getByText("connection lost; it goes on").waitFor()
  await page.evaluate(() => /** @type {any} */ (globalThis).board.print("meanwhile\r\n"))
  await cut.begin()
  await page.getByText("shared with everybody here").waitFor()
  await shows(terminal(page), "meanwhile")
})

for (const width of [390, 320]) {
  test(`a phone of ${width} pixels shows all of a device, one thing at a time`, async (t) => {
    const visit = await Visit.signedIn(t, browser, server, { viewport: { width, height: width === 390 ? 844 : 568 }, hasTouch: true, isMobile: true })
    const page = await openDevice(visit, "virtual-5")
    const isWhole = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= screen.width), "nothing stands out at the side")
    await isWhole()
    assert.deepEqual(await accessibilityFaults(page), [])
    await take(page)
    for (const name of ["Commands", "Plot", "Run"]) {
      await page.getByRole("button", { name, exact: true }).click()
      await page.getByRole("navigation", { name: "Devices" }).waitFor({ state: "hidden" })
      assert.ok(((await page.locator(".terminal-screen").boundingBox())?.height ?? 0) >= 80)
      await isWhole()
      assert.deepEqual(await accessibilityFaults(page), [])
    }
    await page.getByRole("button", { name: "Run", exact: true }).click()
    await page.getByRole("link", { name: "Virtual ESP32 5" }).waitFor()
    await page.getByRole("button", { name: "Give back" }).click()
  })
}

test("a viewer watches and is offered nothing else", async (t) => {
  const visit = await Visit.signedIn(t, browser, server, { role: "viewer" })
  const page = await openDevice(visit, "virtual-2")
  await page.getByText("Your role is viewer: you may watch.").waitFor()
  assert.equal(await page.getByRole("button", { name: "Take" }).count(), 0)
  assert.equal(await page.getByRole("button", { name: "Share a USB device" }).count(), 0)
  await page.getByRole("button", { name: "More about this device" }).click()
  assert.equal(await page.getByRole("menuitem", { name: "Flash" }).count(), 0)
  await page.getByRole("menuitem", { name: "Search the log" }).waitFor()
})
