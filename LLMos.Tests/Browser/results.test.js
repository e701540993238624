import assert from "node:assert/strict"
import test, { after } from "node:test"
import { accessibilityFaults, openBrowser, output, runToEnd, shows, Visit } from "./browser.js"
import { Elsewhere } from "./elsewhere.js"
import { Server } from "./server.js"

const [server, browser] = await Promise.all([Server.start(), openBrowser()])
after(() => Promise.all([server.stop(), browser.close()]))

const everything = `
import llmos, sympy
import pandas as pd
import matplotlib.pyplot as plt
from IPython.display import Markdown
x = sympy.Symbol("x")
llmos.display(sympy.Integral(sympy.sqrt(x) / (1 + x**2), x))
llmos.display(sympy.solve(x**2 - x - 1, x), sympy.Matrix([[1, x], [x**2, 0]]))
llmos.display(Markdown("## Findings\\n\\nThe *area* is $\\\\pi r^2$:\\n\\n| r | area |\\n| --- | --- |\\n| 1 | 3.14 |\\n\\n- [a page](https://example.org)\\n- \`code\`"))
llmos.display(pd.DataFrame({"city": ["Oslo", "Rome"], "people": [0.7, 2.8]}))
plt.rcParams["savefig.format"] = "svg"
plt.figure(figsize=(5, 3))
plt.plot([1, 3, 2])
plt.show()
try:
    {}["price"]
except KeyError as error:
    raise ValueError("no price in the table") from error
`

for (const [name, options] of /** @type {const} */ ([
  ["wide and light", { viewport: { width: 1440, height: 2600 }, colorScheme: "light" }],
  ["wide and dark", { viewport: { width: 1440, height: 2600 }, colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 3000 }, colorScheme: "light" }],
])) {
  test(`formulas, Markdown, a table, an SVG figure and a chained error are shown, ${name}`, async (t) => {
    const visit = await Visit.signedIn(t, browser, server, options)
    const page = await visit.open()
    /** @type {string[]} */
    const loaded = []
    page.on("response", (response) => loaded.push(new URL(response.url()).pathname))

    await runToEnd(page, everything, "Failed")

    await output(page).locator(".formula .katex").nth(2).waitFor()
    await output(page).locator(".markdown .katex").waitFor()
    await page.evaluate(() => document.fonts.ready)
    assert.ok(loaded.some((path) => /KaTeX_Main-Regular.*\.woff2$/.test(path)), "its fonts are ours")
    assert.equal(await output(page).locator(".markdown td").first().innerText(), "1")
    await page.frameLocator(".html-frame").getByText("Oslo").waitFor()
    const figure = output(page).locator(".figure img")
    assert.match(await figure.getAttribute("src") ?? "", /^data:image\/svg\+xml,/)
    assert.ok(await figure.evaluate((/** @type {HTMLImageElement} */ image) => image.decode().then(() => image.naturalWidth > 100)))
    const error = output(page).getByRole("region", { name: "Error: ValueError" })
    await shows(error, "Caused by KeyError: 'price'")
    await shows(error.locator(".error-line"), "{}[\"price\"]")
    assert.equal(await error.getByRole("button", { name: /^Line / }).count(), 2)
    if (process.env.LLMOS_PICTURES)
      await page.screenshot({ path: `${process.env.LLMOS_PICTURES}/results ${name}.png` })
    assert.deepEqual(await accessibilityFaults(page), [])
  })
}

test("what draws formulas is not loaded before there is one", async (t) => {
  const visit = await Visit.signedIn(t, browser, server)
  const page = await visit.open()

  await runToEnd(page, "1 + 1")

  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))
  assert.deepEqual(loaded.filter((address) => /formula|KaTeX/.test(address)), [])
  assert.equal(await page.locator("link[href*=formula]").count(), 0)
})

test("hostile formulas, Markdown and pictures stay where they are", async (t) => {
  const elsewhere = await Elsewhere.listen(t)
  const visit = await Visit.signedIn(t, browser, server)
  // The browser says so when a picture's handler is read, before it is taken out.
  visit.announce(/inline event handler violates/)
  const page = await visit.open()

  await runToEnd(page, `
import llmos
class Shows:
    def __init__(self, kind, data): self.bundle = {kind: data, "text/plain": "plain"}
    def _repr_mimebundle_(self, **_): return self.bundle
for latex in (r"\\href{javascript:alert(1)}{x}", r"\\url{${elsewhere.address}/u}", r"\\includegraphics{${elsewhere.address}/g}", r"\\htmlStyle{position:fixed}{x}",
              r"\\def\\a{\\a\\a}\\a", "{" * 20000, r"\\frac{" * 3000, r"\\rule{1e9em}{1e9em}", "<img src=x onerror=alert(1)>", r"\\undefined"):
    llmos.display(Shows("text/latex", "$" + latex + "$"))
llmos.display(Shows("text/markdown", "<img src=${elsewhere.address}/m> ![a](${elsewhere.address}/i) [b](javascript:alert(1)) <script>document.title='taken'</script>"))
llmos.display(Shows("image/png", "no base64!"))
llmos.display(Shows("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script><image href='${elsewhere.address}/s'/></svg>"))
print("the end")
`)

  await shows(output(page), "the end")
  await output(page).locator(".markdown").waitFor()
  assert.equal(await output(page).locator("a[href^=javascript], .typeset img, .typeset script").count(), 0)
  const wide = await output(page).evaluate((place) => [...place.querySelectorAll(".formula")].some((formula) => formula.getBoundingClientRect().height > 600))
  assert.equal(wide, false)
  await fetch(`${elsewhere.address}/the-test-itself`)
  assert.deepEqual(elsewhere.asked, ["/the-test-itself"])
})
