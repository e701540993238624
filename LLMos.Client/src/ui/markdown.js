import MarkdownIt from "markdown-it"

const maxCharacters = 200_000

// HTML in the text stays text; what loads from elsewhere is not here at all.
const markdown = new MarkdownIt({ html: false, linkify: false }).disable("image")
markdown.validateLink = (address) => /^(https?:|mailto:)/i.test(address)
markdown.renderer.rules.link_open = (tokens, index, options, _, renderer) => {
  tokens[index].attrSet("target", "_blank")
  tokens[index].attrSet("rel", "noopener noreferrer")
  return renderer.renderToken(tokens, index, options)
}
markdown.inline.ruler.after("escape", "formula", (state, silent) => {
  const match = /^(?:\$\$([^$]+?)\$\$|\$(?!\s)((?:[^$\\\n]|\\.)+?)(?<!\s)\$(?!\d))/.exec(state.src.slice(state.pos, state.pos + 5_000))
  if (!match)
    return false
  if (!silent) {
    const token = state.push("formula", "code", 0)
    token.content = match[1] ?? match[2]
    token.meta = { displayed: match[1] !== undefined }
  }
  state.pos += match[0].length
  return true
})
markdown.renderer.rules.formula = (tokens, index) =>
  `<code class="formula-source" data-displayed="${tokens[index].meta?.displayed}">${markdown.utils.escapeHtml(tokens[index].content)}</code>`

/** @param {string} source */
export function markdownHtml(source) {
  return markdown.render(source)
}

/** The text as headings, lists, tables…; null when it is too long for that. @param {string} source @returns {HTMLElement | null} */
export function markdownElement(source) {
  if (source.length > maxCharacters)
    return null
  const place = document.createElement("div")
  place.className = "markdown"
  place.innerHTML = markdownHtml(source)
  return place
}

/** @param {HTMLElement} place @returns {{ place: HTMLElement, source: string, displayed: boolean }[]} */
export function formulasIn(place) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(".formula-source"))]
    .map((found) => ({ place: found, source: found.textContent ?? "", displayed: found.dataset.displayed === "true" }))
}
