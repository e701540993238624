import { TriangleAlert } from "lucide"
import { element } from "../ui/element.js"
import { clock, visible } from "../ui/format.js"
import { icon } from "../ui/icon.js"

/** @import { OpenFile, Theirs } from "./open-file.js" */

/**
 * Two texts where somebody else has saved meanwhile: what is different, and the choice.
 * @param {OpenFile} file @param {string} mine @param {Theirs} theirs
 * @param {{ textChosen(text: string, theirs: Theirs): void, theirsChosen(theirs: Theirs): void }} delegate
 */
export async function conflictView(file, mine, theirs, delegate) {
  const { textDiff } = await import("../ui/text-diff.js")
  const diff = textDiff("What both have written", theirs.text, mine, { choose: { mine: "Keep mine", theirs: "Take theirs" } })
  const { author, modifiedAt, version } = theirs.entry
  const who = `${visible(author?.name ?? "Somebody")} saved version ${version} at ${clock(new Date(modifiedAt ?? ""))}, after you had opened this file.`
  const whole = element("section", { class: "conflict", "aria-label": "Conflict" },
    element("div", { class: "conflict-head" },
      icon(TriangleAlert, 15),
      element("p", { role: "alert" }, element("strong", {}, "Two versions. "), who, " Red lines are theirs, green ones yours. Nothing has been overwritten."),
      element("div", { class: "conflict-deeds" },
        element("button", { class: "button small", type: "button", onclick: () => delegate.theirsChosen(theirs) }, "Use theirs"),
        element("button", { class: "button small", type: "button", onclick: () => delegate.textChosen(mine, theirs) }, "Use mine"),
        element("button", { class: "button small primary", type: "button", onclick: () => delegate.textChosen(diff.view.state.sliceDoc(), theirs) }, "Save as shown"))),
    diff.element)
  return { element: whole, dispose: diff.dispose }
}
