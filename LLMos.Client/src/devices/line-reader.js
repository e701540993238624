import { AnsiText } from "../ui/ansi-text.js"

const longestLine = 4096

/** Cuts received bytes into lines of plain text. Invalid UTF-8 becomes U+FFFD; a longer line is cut. */
export class LineReader {
  #decoder = new TextDecoder()
  #ansi = new AnsiText()
  #line = ""

  /** @param {Uint8Array} bytes @returns {string[]} the lines that ended, without their ends */
  read(bytes) {
    const ended = []
    for (const piece of this.#ansi.read(this.#decoder.decode(bytes, { stream: true }))) {
      if (piece === "return") {
        this.#line = ""
        continue
      }
      const [first, ...more] = piece.text.split("\n")
      if (this.#line.length < longestLine)
        this.#line = (this.#line + first).slice(0, longestLine)
      for (const part of more) {
        ended.push(this.#line)
        this.#line = part.slice(0, longestLine)
      }
    }
    return ended
  }
}
