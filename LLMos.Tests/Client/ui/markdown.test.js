import assert from "node:assert/strict"
import test from "node:test"
import { markdownHtml } from "../../../LLMos.Client/src/ui/markdown.js"

test("HTML in Markdown stays text", () => {
  const html = markdownHtml("<img src=x onerror=alert(1)>\n\n<script>alert(1)</script> **bold**")

  assert.doesNotMatch(html, /<(img|script)/)
  assert.match(html, /<strong>bold<\/strong>/)
})

test("Only addresses of the web are links, and they open elsewhere", () => {
  for (const address of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "/api/v1/logout", "&#106;avascript:alert(1)"])
    assert.doesNotMatch(markdownHtml(`[a](${address}) <${address}>`), /<a /, address)
  assert.match(markdownHtml("[a](https://example.org)"), /<a href="https:\/\/example.org" target="_blank" rel="noopener noreferrer">/)
})

test("Pictures load nothing", () => {
  assert.doesNotMatch(markdownHtml("![a](https://example.org/a.png) ![b](data:image/png;base64,AA)"), /<img/)
})

test("A formula is kept as its source until it is drawn, and cannot leave its place", () => {
  assert.match(markdownHtml("so $x<y$"), /<code class="formula-source" data-displayed="false">x&lt;y<\/code>/)
  assert.match(markdownHtml("$$\nx\n$$"), /data-displayed="true"/)
  assert.doesNotMatch(markdownHtml("from $5 to $6"), /formula-source/)
  assert.doesNotMatch(markdownHtml("`$x$`"), /formula-source/)
  assert.doesNotMatch(markdownHtml("$</code><img src=x>$"), /<img/)
})
