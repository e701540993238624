import { AnsiText } from "../ui/ansi-text.js"

/** @typedef {{ text: string, style: string }} Segment style: class names */
/**
 * Consecutive lines; `open` is the line that a carriage return may still replace.
 * @typedef {{ id: number, version: number, kind: "text", closed: Segment[], open: Segment[], lines: number, size: number }} TextBlock
 */
/** @typedef {{ id: number, version: number, kind: string, value: any, size: number }} ThingBlock */
/** @typedef {TextBlock | ThingBlock} Block */
/** @typedef {typeof defaultBounds} Bounds */

const defaultBounds = {
  lines: 5000,
  characters: 2 * 1024 * 1024,
  things: 200,
  thingCharacters: 64 * 1024 * 1024,
  blockLines: 200,
  blockCharacters: 32 * 1024,
}

/**
 * What a run wrote, in order, as a bounded list of blocks. The oldest text goes first and is counted; figures and
 * tables outlive the text around them until they are too many themselves.
 */
export class Transcript {
  /** @type {Block[]} */
  blocks = []
  omitted = { lines: 0, characters: 0, things: 0 }
  #held = { lines: 0, characters: 0, things: 0, thingCharacters: 0 }
  #nextId = 1
  /** @type {TextBlock | null} */
  #current = null
  #returned = false
  #streams = { stdout: new AnsiText(), stderr: new AnsiText() }

  /** @param {Partial<Bounds>} [bounds] */
  constructor(bounds = {}) {
    this.bounds = { ...defaultBounds, ...bounds }
  }

  get isEmpty() {
    return this.blocks.length === 0
  }

  /** @param {"stdout" | "stderr"} stream @param {string} text */
  write(stream, text) {
    for (const piece of this.#streams[stream].read(text)) {
      if (piece === "return")
        this.#returned = true
      else
        this.#append(piece.text, stream === "stderr" ? `stderr ${piece.style}`.trimEnd() : piece.style)
    }
    this.#dropOldText()
  }

  /** @param {string} kind @param {any} value @param {number} [size] characters it keeps in memory @returns {ThingBlock} */
  add(kind, value, size = 0) {
    this.#current = null
    this.#returned = false
    const block = { id: this.#nextId++, version: 1, kind, value, size }
    this.blocks.push(block)
    this.#held.things += 1
    this.#held.thingCharacters += size
    this.#dropOldThings()
    return block
  }

  /** @param {ThingBlock} block @param {any} value */
  change(block, value) {
    block.value = value
    block.version += 1
  }

  /** @param {string} text @param {string} style */
  #append(text, style) {
    for (let start = 0; start < text.length;) {
      const block = this.#room()
      this.#replaceOpenLine(block, text.charCodeAt(start))

      const { end, lines } = this.#fitting(text, start, block)
      const afterBreak = lines > 0 ? text.lastIndexOf("\n", end - 1) + 1 : start
      if (afterBreak > start) {
        extend(block.open, text.slice(start, afterBreak), style)
        block.open.forEach((segment) => extend(block.closed, segment.text, segment.style))
        block.open = []
      }
      if (end > afterBreak)
        extend(block.open, text.slice(afterBreak, end), style)

      block.lines += lines
      block.size += end - start
      block.version += 1
      this.#held.lines += lines
      this.#held.characters += end - start
      start = end
    }
  }

  /** @param {TextBlock} block @param {number} nextCharacter */
  #replaceOpenLine(block, nextCharacter) {
    if (!this.#returned)
      return
    this.#returned = false
    if (nextCharacter === 10)
      return
    const size = block.open.reduce((sum, segment) => sum + segment.text.length, 0)
    block.open = []
    block.size -= size
    this.#held.characters -= size
  }

  /** @returns {TextBlock} one that takes at least one more character */
  #room() {
    const current = this.#current
    if (current && current.lines < this.bounds.blockLines && current.size < this.bounds.blockCharacters)
      return current

    /** @type {TextBlock} */
    const block = { id: this.#nextId++, version: 1, kind: "text", closed: [], open: [], lines: 0, size: 0 }
    // An unfinished line moves along, so that what follows stays on it.
    if (current && current.open.length > 0 && current.size < 2 * this.bounds.blockCharacters && current.closed.length > 0) {
      block.open = current.open
      block.size = block.open.reduce((sum, segment) => sum + segment.text.length, 0)
      current.open = []
      current.size -= block.size
      current.version += 1
    }
    this.#current = block
    this.blocks.push(block)
    // Here and not only after the whole chunk, so that one chunk of a million lines does not pile up first.
    this.#dropOldText()
    return block
  }

  /** @param {string} text @param {number} start @param {TextBlock} block */
  #fitting(text, start, block) {
    const farthest = Math.min(text.length, start + Math.max(1, this.bounds.blockCharacters - block.size))
    let lines = 0
    let end = start
    while (block.lines + lines < this.bounds.blockLines) {
      const lineBreak = text.indexOf("\n", end)
      if (lineBreak < 0 || lineBreak >= farthest)
        return { end: farthest, lines }
      lines += 1
      end = lineBreak + 1
    }
    return { end, lines }
  }

  #dropOldText() {
    while (this.#held.lines > this.bounds.lines || this.#held.characters > this.bounds.characters) {
      const index = this.blocks.findIndex((block) => block.kind === "text")
      const block = /** @type {TextBlock} */ (this.blocks[index])
      if (!block || block === this.#current)
        return
      this.blocks.splice(index, 1)
      this.#held.lines -= block.lines
      this.#held.characters -= block.size
      this.omitted.lines += block.lines
      this.omitted.characters += block.size
    }
  }

  #dropOldThings() {
    while (this.#held.things > this.bounds.things || this.#held.thingCharacters > this.bounds.thingCharacters) {
      const index = this.blocks.findIndex((block) => block.kind !== "text")
      if (index === this.blocks.length - 1)
        return
      const [block] = this.blocks.splice(index, 1)
      this.#held.things -= 1
      this.#held.thingCharacters -= block.size
      this.omitted.things += 1
    }
  }
}

/** @param {Segment[]} segments @param {string} text @param {string} style */
function extend(segments, text, style) {
  const last = segments.at(-1)
  if (last?.style === style)
    last.text += text
  else
    segments.push({ text, style })
}
