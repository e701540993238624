import assert from "node:assert/strict"

/** @import { Locator, Page } from "playwright-core" */
/** @import { Visit } from "./browser.js" */

/** What the browser writes to its console when somebody else was faster. */
export const conflict = /status of 412/

/** @param {Page} page @param {string} name */
export async function chooseFromNew(page, name) {
  await page.getByRole("button", { name: "New or upload" }).click()
  await page.getByRole("menuitem", { name }).click()
}

/** @param {Page} page */
export function tree(page) {
  return page.getByRole("tree", { name: "Files" })
}

/** @param {Page} page @param {string} name */
export function fileItem(page, name) {
  return tree(page).getByRole("treeitem", { name, exact: true })
}

/** Opens a file of a folder that can be seen. @param {Page} page @param {string} name */
export async function openFile(page, name) {
  await fileItem(page, name).click()
  await page.getByRole("region", { name, exact: true }).waitFor()
}

/** @param {string} path */
function route(path) {
  const [volume, ...names] = path.split("/")
  return `/api/v1/volumes/${volume}/files/${names.map(encodeURIComponent).join("/")}`
}

/** Writes as another program of the same person would. @param {Pick<Visit, "context">} visit @param {string} path @param {string | Buffer} data */
export async function writeFileOf({ context }, path, data) {
  const answer = await context.request.put(route(path), { data: Buffer.from(data), headers: { "X-LLMos-Request": "1", "Content-Type": "application/octet-stream" } })
  assert.ok(answer.ok(), `${path} answered ${answer.status()}`)
}

/** @param {Visit} visit @param {string} path */
export async function readFile({ context }, path) {
  const answer = await context.request.get(route(path))
  assert.ok(answer.ok(), `${path} answered ${answer.status()}`)
  return (await answer.body()).toString()
}

/** Drops files and folders of this computer onto something. @param {Page} page @param {Locator} target @param {string[]} files */
export async function dropFiles(page, target, files) {
  await target.hover()
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await target.boundingBox())
  const session = await page.context().newCDPSession(page)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, data: { items: [], files, dragOperationsMask: 1 } }
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"]))
    await session.send("Input.dispatchDragEvent", { type, ...at })
}
