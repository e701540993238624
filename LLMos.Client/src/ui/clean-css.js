// The browser reads the rules, as only it knows what they will mean; what could load something is then taken out of what it has read.

/** All that may stand in a value with an argument. Not `url` but for what is in the document, `image-set`, `src`, `attr`… */
const functions = new Set((
  "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark calc min max clamp round var minmax repeat fit-content counter counters "
  + "linear-gradient repeating-linear-gradient radial-gradient repeating-radial-gradient conic-gradient repeating-conic-gradient "
  + "translate translatex translatey translatez translate3d scale scalex scaley scale3d rotate rotatex rotatey rotatez rotate3d skew skewx skewy matrix matrix3d perspective "
  + "cubic-bezier steps linear blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia inset circle ellipse polygon path rect"
).split(" "))

/** Rules that say how something looks; `@import`, `@font-face`, `@namespace` and what may come are none. */
const kinds = new Set(["CSSStyleRule", "CSSNestedDeclarations", "CSSMediaRule", "CSSSupportsRule", "CSSContainerRule", "CSSLayerBlockRule", "CSSKeyframesRule", "CSSKeyframeRule"])

const ownAddress = /^url\(\s*["']?(?:#|data:image\/(?:png|jpe?g|gif|webp|avif|bmp|svg\+xml)[;,])/i

/** Whether a value of a property, or of an attribute that is one, loads nothing. @param {string} value */
export function isHarmless(value) {
  // An escape could hide a name.
  return !value.includes("\\") && [...value.matchAll(/([\w-]*)\(/g)].every(({ 1: name, index }) =>
    name === "" || functions.has(name.toLowerCase()) || ownAddress.test(value.slice(index)))
}

/** The text of a style element. @param {string} text */
export function cleanSheet(text) {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  cleanRules(sheet)
  // In an element's text a string of it must not look like the element's end.
  return [...sheet.cssRules].map(({ cssText }) => cssText).join("\n").replaceAll("<", "\\3c ")
}

/** Of no document. A picture may have as many style attributes as points: one serves them all, and most are the same. @type {CSSStyleDeclaration | undefined} */
let scratch
/** @type {[text: string, clean: string]} */
let before = ["", ""]

/** The text of a style attribute. @param {string} text */
export function cleanDeclarations(text) {
  if (before[0] === text)
    return before[1]
  const style = scratch ??= emptyDeclarations()
  style.cssText = text
  cleanStyle(style)
  before = [text, style.cssText]
  return before[1]
}

function emptyDeclarations() {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync("a{}")
  return /** @type {CSSStyleRule} */ (sheet.cssRules[0]).style
}

/** @param {CSSStyleSheet | CSSGroupingRule} group */
function cleanRules(group) {
  for (let index = group.cssRules.length - 1; index >= 0; index -= 1) {
    const rule = /** @type {any} */ (group.cssRules[index])
    if (!kinds.has(rule.constructor.name)) {
      group.deleteRule(index)
      continue
    }
    if (rule.style)
      cleanStyle(rule.style)
    if (rule instanceof CSSKeyframesRule)
      [...rule.cssRules].forEach((frame) => cleanStyle(/** @type {CSSKeyframeRule} */ (frame).style))
    else if (rule.cssRules)
      cleanRules(rule)
  }
}

/** @param {CSSStyleDeclaration} style */
function cleanStyle(style) {
  for (const name of [...style]) {
    if (!isHarmless(style.getPropertyValue(name)))
      style.removeProperty(name)
  }
  // A shorthand with a variable in it has no values of its own yet.
  if (!isHarmless(style.cssText))
    style.cssText = ""
}
