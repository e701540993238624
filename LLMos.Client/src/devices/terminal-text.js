import { timeFrom } from "../connection/time.js"
import { AnsiText } from "../ui/ansi-text.js"
import { exactClock, visible } from "../ui/format.js"

/** @import { DeviceEvent } from "../contracts/devices.js" */

/**
 * @typedef {object} TerminalChoices
 * @property {boolean} times
 * @property {boolean} hex
 * @property {boolean} sent
 * @property {string} filter "" shows all lines; otherwise only those that have it, whatever their case
 */

/** @type {Record<string, number>} */
const codes = { black: 30, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, white: 37 }
const [faint, bold, reset, accent, warned] = ["\x1b[90m", "\x1b[1m", "\x1b[0m", "\x1b[36m", "\x1b[33m"]
const hexRow = 16
// One key, or the sequence of an arrow: its echo says enough.
const mostOfKey = 3
const longestLine = 16 * 1024

/**
 * What happened on a line as text for a terminal. Of a board's control sequences only colours come through: they are
 * data from a stranger, and could else move the cursor, clear what was before, or change the window's title.
 */
export class TerminalText {
  #decoder = new TextDecoder()
  #ansi = new AnsiText()
  /** What the line of the board has so far; its prefix comes with its first piece. */
  #line = ""
  #plain = ""
  #isOpen = false
  /** What a flasher and a chip's loader say to each other is no text. */
  #isFlashing = false

  /** @param {TerminalChoices} choices */
  constructor(choices) {
    this.choices = choices
  }

  /** @param {DeviceEvent[]} events @returns {string} */
  write(events) {
    return events.map((event) => this.#one(event)).join("")
  }

  /** @param {DeviceEvent} event @returns {string} */
  #one({ kind, at, by, data, text }) {
    const time = timeFrom(at)
    if (kind === "lease" && !text?.startsWith("waits"))
      this.#isFlashing = text === "flashes"
    // The program that was flashed speaks, maybe before the lease is given back.
    if (kind === "reset" && text === "into run mode")
      this.#isFlashing = false
    if (this.#isFlashing && !this.choices.hex && (kind === "received" || kind === "sent"))
      return ""
    if (kind === "received")
      return this.choices.hex ? this.#hex("<", data ?? empty, time) : this.#received(data ?? empty, time)
    if (kind !== "sent")
      return this.#mark(time, `${kind === "skipped" || kind === "state" ? warned : accent}── ${visible(text ?? kind)}${by ? ` (${visible(by)})` : ""}${reset}`)
    if (!this.choices.sent)
      return ""
    if (this.choices.hex)
      return this.#hex(">", data ?? empty, time)
    const words = new TextDecoder().decode(data ?? empty)
    if (words.length <= mostOfKey && !/[\r\n]/.test(words))
      return ""
    return words.replace(/\r?\n$|\r$/, "").split(/\r?\n|\r/).map((line) => this.#mark(time, `${accent}${visible(by ?? "")} ›${reset} ${bold}${shown(line)}${reset}`)).join("")
  }

  /** @param {Uint8Array} bytes @param {Date} time */
  #received(bytes, time) {
    let out = ""
    for (const piece of this.#ansi.read(this.#decoder.decode(bytes, { stream: true }))) {
      if (piece === "return") {
        out += this.choices.filter ? "" : this.#isOpen ? `\r${this.#prefix(time)}` : ""
        this.#line = this.#plain = ""
        continue
      }
      piece.text.split("\n").forEach((part, index) => {
        if (index > 0)
          out += this.#end(time)
        if (part !== "")
          out += this.#more(part, piece.style, time)
      })
    }
    return out
  }

  /** @param {string} part @param {string} style @param {Date} time */
  #more(part, style, time) {
    const text = `${styled(style)}${shown(part)}${reset}`
    if (!this.choices.filter) {
      const prefix = this.#isOpen ? "" : this.#prefix(time)
      this.#isOpen = true
      return prefix + text
    }
    if (this.#plain === "")
      this.#line = this.#prefix(time)
    if (this.#plain.length < longestLine) {
      this.#line += text
      this.#plain += part
    }
    return ""
  }

  /** @param {Date} time @returns {string} */
  #end(time) {
    if (!this.choices.filter) {
      const prefix = this.#isOpen ? "" : this.#prefix(time)
      this.#isOpen = false
      return `${prefix}\r\n`
    }
    const line = this.#passes(this.#plain) ? `${this.#line}\r\n` : ""
    this.#line = this.#plain = ""
    return line
  }

  /** A line of ours. @param {Date} time @param {string} text */
  #mark(time, text) {
    if (!this.#passes(text))
      return ""
    const before = this.#isOpen ? "\r\n" : ""
    this.#isOpen = false
    return `${before}${this.#prefix(time)}${text}\r\n`
  }

  /** @param {"<" | ">"} way @param {Uint8Array} bytes @param {Date} time */
  #hex(way, bytes, time) {
    let out = ""
    for (let from = 0; from < bytes.length; from += hexRow) {
      const row = [...bytes.subarray(from, from + hexRow)]
      const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(hexRow * 3 - 1)
      const text = row.map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·").join("")
      out += this.#mark(time, `${way === ">" ? accent : faint}${way}${reset} ${digits}  ${faint}${text}${reset}`)
    }
    return out
  }

  /** @param {string} text */
  #passes(text) {
    return text.toLowerCase().includes(this.choices.filter.toLowerCase())
  }

  /** @param {Date} time */
  #prefix(time) {
    return this.choices.times ? `${faint}${exactClock(time)}${reset} ` : ""
  }
}

const empty = new Uint8Array()

/** @param {string} style of AnsiText */
function styled(style) {
  return style.split(" ").map((word) => word === "bold" ? bold : word in codes ? `\x1b[${codes[word]}m` : "").join("")
}

/** Tabs stay, all else that cannot be seen is written out. @param {string} text */
function shown(text) {
  return text.split("\t").map(visible).join("\t")
}
