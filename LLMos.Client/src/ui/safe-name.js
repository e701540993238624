import { element } from "./element.js"
import { visible } from "./format.js"

/** A name that somebody else chose: it turns no text around it, and hides nothing. @param {string} name */
export function safeName(name) {
  return element("bdi", {}, visible(name))
}
