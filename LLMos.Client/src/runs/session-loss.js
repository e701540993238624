import { PackageX } from "lucide"
import { element } from "../ui/element.js"
import { count, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { ordered } from "./session-variables.js"

/** @import { RunSession } from "../contracts/runs.js" */
/** @import { BlockView } from "./output-blocks.js" */

const mostShown = 12

/** Says that a session's variables are gone, why, and which. @param {{ session: RunSession, when: "before" | "now" }} loss @returns {BlockView} */
export function lossView({ session: { name, loss }, when }) {
  const variables = ordered(loss?.variables ?? [])
  const hidden = variables.slice(mostShown)
  return {
    element: element("section", { class: "loss", "aria-label": `Variables of ${name} lost` },
      element("p", { class: "loss-title" }, icon(PackageX, 16), element("strong", {}, `The variables of ${name} are lost.`)),
      element("p", {}, loss && `${loss.reason} `, when === "before" ? "This run began empty." : "The next run begins empty."),
      variables.length > 0 && element("ul", {}, ...variables.slice(0, mostShown).map(lostVariable)),
      hidden.length > 0 && element("details", {},
        element("summary", {}, `${count(hidden.length, "more variable")}`),
        element("ul", {}, ...hidden.map(lostVariable))),
      loss && loss.omitted > 0 && element("p", { class: "loss-omitted" }, `And ${count(loss.omitted, "older one")} that ${loss.omitted === 1 ? "is" : "are"} not listed.`)),
  }
}

/** @param {{ name: string, type: string }} variable */
function lostVariable({ name, type }) {
  return element("li", {}, element("bdi", { class: "loss-name" }, visible(name)), element("bdi", { class: "loss-type" }, visible(type)))
}
