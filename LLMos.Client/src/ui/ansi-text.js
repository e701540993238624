// Colours and weights are kept, every other control sequence is dropped: what a program or a board writes is a log, not a screen.

const control = /(\r\n?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_])/
// A return may be the first half of a line's end.
const unfinished = /(?:\r|\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?)?)$/
const special = /[\r\x1b]/
const longestUnfinished = 256
const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

/** @typedef {{ text: string, style: string } | "return"} Piece "return": the cursor goes back to the start of its line */

/** Reads one stream of text, whose control sequences may be cut anywhere between two chunks. */
export class AnsiText {
  #carry = ""
  #colour = ""
  #bold = false

  /** @param {string} text @returns {Piece[]} */
  read(text) {
    // Many returns are one. Matched as what they are, each would have to look for the last of them.
    const whole = (this.#carry + text).replace(/\r+/g, "\r")
    this.#carry = ""
    if (!special.test(whole))
      return [{ text: whole, style: this.#style }]

    const cut = unfinished.exec(whole)
    const keep = cut && whole.length - cut.index <= longestUnfinished ? cut.index : whole.length
    this.#carry = whole.slice(keep)

    /** @type {Piece[]} */
    const pieces = []
    whole.slice(0, keep).split(control).forEach((part, index) => {
      if (index % 2 === 0) {
        if (part !== "")
          pieces.push({ text: part, style: this.#style })
      } else if (part === "\r") {
        pieces.push("return")
      } else if (part.endsWith("\n")) {
        pieces.push({ text: "\n", style: this.#style })
      } else if (part.startsWith("\x1b[") && part.endsWith("m")) {
        this.#select(part.slice(2, -1).split(";").map(Number))
      }
    })
    return pieces
  }

  get #style() {
    return this.#bold ? `${this.#colour} bold`.trim() : this.#colour
  }

  /** @param {number[]} codes of Select Graphic Rendition */
  #select(codes) {
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index]
      if (code === 38 || code === 48)
        index += codes[index + 1] === 5 ? 2 : 4
      else if (code === 0)
        [this.#colour, this.#bold] = ["", false]
      else if (code === 1 || code === 22)
        this.#bold = code === 1
      else if (code === 39)
        this.#colour = ""
      else if (code >= 30 && code <= 37)
        this.#colour = colours[code - 30]
      else if (code >= 90 && code <= 97)
        this.#colour = colours[code - 90]
    }
  }
}
