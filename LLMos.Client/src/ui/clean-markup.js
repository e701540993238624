import createPurifier from "dompurify"
import { cleanDeclarations, cleanSheet, isHarmless } from "./clean-css.js"

/**
 * What programs and files may draw with. Not a matter of a policy: a browser connects ahead (`link`), looks up names, and opens
 * frames before it asks one, so that a program without a network would reach out from the browser of whoever looks at its result.
 */
const elements = (
  "a abbr acronym address article aside b bdi bdo big blockquote br button caption center cite code col colgroup data dd del details dfn dir div dl dt em fieldset figcaption figure font footer "
  + "h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main mark menu meter nav nobr ol optgroup option output p pre progress q rp rt ruby s samp section select small span strike "
  + "strong style sub summary sup table tbody td textarea tfoot th thead time tr tt u ul var wbr use"
).split(" ")

const attributes = (
  "abbr align alt bgcolor border cellpadding cellspacing checked class color cols colspan datetime dir disabled face for headers height hidden high id label lang low max media min multiple name nowrap "
  + "open optimum placeholder readonly reversed role rows rowspan rules scope selected size span src start style summary tabindex title type valign value width"
).split(" ")

/** @satisfies {import("dompurify").Config} */
const options = {
  USE_PROFILES: { svg: true, svgFilters: true, mathMl: true },
  ADD_TAGS: elements,
  ADD_ATTR: attributes,
  // Those move an address to where it was not looked at.
  FORBID_TAGS: ["animate", "animatecolor", "animatemotion", "set"],
  ADD_FORBID_CONTENTS: ["annotation", "object", "select-content"],
  // It is drawn in a document of its own, without a script that a name could deceive.
  SANITIZE_DOM: false,
}

const ownPicture = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp|x-icon|svg\+xml)[;,]/i
const webAddress = /^https?:[^\s<>"'`\\]{1,500}$/i
/** Some seconds of work. */
const maxSvgCharacters = 5_000_000
const svgNamespace = "http://www.w3.org/2000/svg"

/** @type {ReturnType<typeof createPurifier> | undefined} */
let purifier

function ready() {
  if (purifier)
    return purifier
  purifier = createPurifier(window)
  purifier.addHook("uponSanitizeAttribute", (node, data) => {
    const { attrName: name, attrValue: value } = data
    if (name === "style")
      data.attrValue = cleanDeclarations(value)
    else if (name === "src")
      data.keepAttr = ownPicture.test(value)
    else if (name === "href" || name === "xlink:href")
      data.keepAttr = value.startsWith("#") || (/^(?:image|feimage)$/i.test(node.nodeName) && ownPicture.test(value))
    else if (node.namespaceURI === svgNamespace && name !== "d")
      data.keepAttr = isHarmless(value)
    // A link would lead out at a click; where it leads can be read.
    if (!data.keepAttr && name === "href" && webAddress.test(value) && !node.hasAttribute("title"))
      node.setAttribute("title", value)
  })
  return purifier
}

/** Foreign HTML without all that could reach another place. @param {string} html @returns {HTMLElement} a body that is in no page */
export function cleanHtml(html) {
  const body = /** @type {HTMLElement} */ (/** @type {unknown} */ (ready().sanitize(html, { ...options, RETURN_DOM: true, FORCE_BODY: true })))
  cleanSheets(body)
  return body
}

/** The same of an SVG picture; null when it is none, or too large to be looked through. @param {string} svg @returns {string | null} */
export function cleanSvg(svg) {
  if (svg.length > maxSvgCharacters)
    return null
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement
  if (root.localName !== "svg" || root.namespaceURI !== svgNamespace)
    return null
  ready().sanitize(root, { ...options, IN_PLACE: true })
  cleanSheets(root)
  return new XMLSerializer().serializeToString(root)
}

/** @param {Element} place */
function cleanSheets(place) {
  for (const sheet of place.querySelectorAll("style"))
    sheet.textContent = cleanSheet(sheet.textContent ?? "")
}
