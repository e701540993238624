import { element, fill } from "../ui/element.js"
import { count, visible } from "../ui/format.js"
import { safeName } from "../ui/safe-name.js"
import { parentOf } from "./volume-paths.js"

/** @import { SearchMatch } from "../contracts/volumes.js" */
/** @import { Volumes } from "./volumes.js" */

/** @typedef {{ fileChosen(path: string, line?: number): void, folderChosen(path: string): void, searchToggled(isOpen: boolean): void }} SearchDelegate */

const pauseMilliseconds = 250
const leastOfContent = 2

/** Looks for files by name or by content, in the place of the tree. */
export class SearchView {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #asked = 0
  /** @type {HTMLElement | null} */
  #governed = null

  /** @param {Volumes} volumes @param {SearchDelegate} delegate */
  constructor(volumes, delegate) {
    this.volumes = volumes
    this.delegate = delegate
    this.field = element("input", { class: "field small", type: "search", placeholder: "Search", "aria-label": "Search in files", autocomplete: "off", spellcheck: "false", dir: "auto", maxlength: 200 })
    this.where = element("select", { class: "field small", "aria-label": "Search by" }, element("option", { value: "name" }, "Names"), element("option", { value: "content" }, "Contents"))
    this.form = element("form", { class: "file-search", role: "search", hidden: true, onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), void this.#search()) }, this.field, this.where)
    this.words = element("p", { class: "search-words", role: "status" })
    this.list = element("ul", { class: "search-matches", "aria-label": "Found files" })
    this.element = element("div", { class: "search-result", hidden: true }, this.words, this.list)
    this.field.oninput = () => this.#later()
    this.where.onchange = () => void this.#search()
    this.field.onkeydown = (event) => event.key === "Escape" && this.field.value === "" && this.toggle()
  }

  /** @param {HTMLElement} tree that gives way to what is found */
  governs(tree) {
    this.#governed = tree
  }

  toggle() {
    this.form.hidden = !this.form.hidden
    this.field.value = ""
    void this.#search()
    if (!this.form.hidden)
      this.field.focus()
    this.delegate.searchToggled(!this.form.hidden)
  }

  #later() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#search(), pauseMilliseconds)
  }

  async #search() {
    clearTimeout(this.#timer)
    const words = this.field.value
    const where = this.where.value === "content" ? "content" : "name"
    const asked = this.#asked += 1
    const isIdle = words.trim().length < (where === "content" ? leastOfContent : 1)
    this.element.hidden = isIdle
    if (this.#governed)
      this.#governed.hidden = !isIdle
    if (isIdle)
      return
    this.words.textContent = "Searching…"
    try {
      const results = []
      // One after another: a server does only so many at the same time, for everybody.
      for (const { name } of this.volumes.list?.volumes ?? []) {
        results.push(await this.volumes.client.search(name, words, where))
        if (asked !== this.#asked)
          return
      }
      const matches = results.flatMap((result) => result.matches)
      this.words.textContent = matches.length === 0 ? "Nothing found." : `${count(matches.length, "match", "matches")}${results.every(({ isComplete }) => isComplete) ? "" : ", and there may be more"}`
      fill(this.list, ...matches.map((match) => this.#match(match, words)))
    } catch (problem) {
      if (asked === this.#asked)
        this.words.textContent = problem instanceof Error ? problem.message : String(problem)
    }
  }

  /** @param {SearchMatch} match @param {string} words */
  #match({ entry: { path, name, type }, lines }, words) {
    const open = (/** @type {number} */ line) => () => {
      if (type === "file") {
        this.delegate.fileChosen(path, line)
      } else {
        this.toggle()
        this.delegate.folderChosen(path)
      }
    }
    return element("li", {},
      element("button", { class: "search-match", type: "button", onclick: open(lines[0]?.line ?? 0) }, element("span", { class: "search-name" }, safeName(name)), element("small", {}, safeName(parentOf(path)))),
      ...lines.map(({ line, text }) => element("button", { class: "search-line", type: "button", onclick: open(line) }, element("span", { class: "search-number" }, `${line} `), element("bdi", {}, ...marked(text, words)))))
  }
}

/** @param {string} text @param {string} words */
function marked(text, words) {
  const from = text.toLowerCase().indexOf(words.toLowerCase())
  if (from < 0)
    return [visible(text)]
  return [visible(text.slice(0, from).trimStart()), element("mark", {}, visible(text.slice(from, from + words.length))), visible(text.slice(from + words.length))]
}
