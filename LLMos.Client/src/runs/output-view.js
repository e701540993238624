import { ArrowDown } from "lucide"
import { element, fill } from "../ui/element.js"
import { bytes, count } from "../ui/format.js"
import { icon } from "../ui/icon.js"
import { viewOf } from "./output-blocks.js"

/** @import { Transcript } from "./transcript.js" */
/** @import { BlockDelegate, BlockView } from "./output-blocks.js" */

const nearEnd = 40
// A flood of output must leave the page time to answer: after a drawing it rests for this many times what that took.
const restFactor = 4

/** Draws a transcript, at most once a frame, and stays at its end unless the reader scrolled up. */
export class OutputView {
  /** @type {Map<number, { version: number, view: BlockView }>} */
  #drawn = new Map()
  /** @type {Transcript | null} */
  #transcript = null
  #outputAddress = ""
  #following = true
  #heldAt = 0
  #frame = 0
  #restUntil = 0

  /** @param {BlockDelegate} delegate */
  constructor(delegate) {
    this.delegate = delegate
    this.omitted = element("p", { class: "omitted", hidden: true })
    this.blocks = element("div", { class: "blocks" })
    this.scroller = element("div", {
      class: "output-scroller", role: "log", tabindex: 0, "aria-label": "Output", "aria-live": "off", onscroll: () => this.#scrolled(),
    }, this.omitted, this.blocks)
    this.pill = element("button", { class: "follow", type: "button", hidden: true, onclick: () => this.#follow() }, icon(ArrowDown, 14), "Jump to latest")
    this.element = element("div", { class: "output-view" }, this.scroller, this.pill)
    // Heights also change later: a picture loads, a block comes near and is laid out.
    new ResizeObserver(() => this.#stay()).observe(this.blocks)
  }

  /** @param {Transcript} transcript @param {string} outputAddress where the whole text is */
  show(transcript, outputAddress) {
    this.clear()
    this.#transcript = transcript
    this.#outputAddress = outputAddress
    this.#following = true
    this.draw()
  }

  clear() {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#transcript = null
    this.#drawn.forEach(({ view }) => view.dispose?.())
    this.#drawn.clear()
    fill(this.blocks)
    this.omitted.hidden = true
    this.pill.hidden = true
  }

  /** Asks for a drawing with the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      const began = performance.now()
      if (began < this.#restUntil)
        return this.draw()
      this.#drawNow()
      this.#restUntil = began + (performance.now() - began) * (1 + restFactor)
    })
  }

  #drawNow() {
    if (!this.#transcript)
      return
    const { blocks } = this.#transcript
    const present = new Set(blocks.map((block) => block.id))
    for (const [id, { view }] of this.#drawn) {
      if (!present.has(id)) {
        view.element.remove()
        view.dispose?.()
        this.#drawn.delete(id)
      }
    }

    for (const block of blocks) {
      const drawn = this.#drawn.get(block.id)
      if (!drawn) {
        const view = viewOf(block, this.delegate)
        this.#drawn.set(block.id, { version: block.version, view })
        this.blocks.append(view.element)
      } else if (drawn.version !== block.version) {
        drawn.version = block.version
        drawn.view.update?.(block)
      }
    }

    this.#tellOmitted()
    this.#stay()
  }

  #stay() {
    this.scroller.classList.toggle("following", this.#following)
    if (!this.#following)
      return
    this.scroller.scrollTop = this.scroller.scrollHeight
    this.#heldAt = this.scroller.scrollTop
  }

  #tellOmitted() {
    const { omitted } = /** @type {Transcript} */ (this.#transcript)
    const parts = [
      omitted.lines > 0 && `${count(omitted.lines, "earlier line")} (${bytes(omitted.characters)})`,
      omitted.lines === 0 && omitted.characters > 0 && `${bytes(omitted.characters)} of earlier text`,
      omitted.things > 0 && count(omitted.things, "earlier figure or table", "earlier figures and tables"),
    ].filter(Boolean)
    this.omitted.hidden = parts.length === 0
    if (parts.length > 0)
      fill(this.omitted, `${parts.join(" and ")} not shown here. `, element("a", { href: this.#outputAddress, download: true }, "Download the whole output"))
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller
    const atEnd = scrollHeight - scrollTop - clientHeight < nearEnd
    // Output that grew since the last drawing is no reason to let go; only a reader moves upwards.
    this.#following = atEnd || (this.#following && scrollTop >= this.#heldAt - 1)
    this.scroller.classList.toggle("following", this.#following)
    this.pill.hidden = this.#following
  }

  #follow() {
    this.#following = true
    this.#stay()
    this.scroller.focus({ preventScroll: true })
  }
}
