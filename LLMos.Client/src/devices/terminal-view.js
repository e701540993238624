import { FitAddon } from "@xterm/addon-fit"
import { SearchAddon } from "@xterm/addon-search"
import { Terminal } from "@xterm/xterm"
import { element } from "../ui/element.js"
import { shownTheme, watchTheme } from "../ui/theme.js"

const scrollback = 10_000

/** Text colours that can be read on the surface; a board's sixteen are named, not chosen. */
const palettes = {
  light: {
    background: "#ffffff", foreground: "#1c1d20", cursor: "#3d4ee0", selectionBackground: "#d5daff", black: "#1c1d20", red: "#c0302a", green: "#0f7a45", yellow: "#8f5a00",
    blue: "#2158c4", magenta: "#7b3bb8", cyan: "#17697f", white: "#5a5c62", brightBlack: "#696b72",
  },
  dark: {
    background: "#191a1d", foreground: "#e7e7e4", cursor: "#9aa6ff", selectionBackground: "#343b6e", black: "#6a6d74", red: "#ff8a80", green: "#5fcf93", yellow: "#eab54f",
    blue: "#8cb6ff", magenta: "#c9a6ff", cyan: "#7fd0e6", white: "#e7e7e4", brightBlack: "#8f929a",
  },
}

/** The screen of a device. Loaded when the first device is opened, as xterm.js is large. */
export class TerminalView {
  /** @param {{ typed(text: string): void, endChanged(isAtEnd: boolean): void }} delegate */
  constructor(delegate) {
    this.terminal = new Terminal({
      scrollback, convertEol: false, cursorInactiveStyle: "none", fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"), fontSize: 12.5, lineHeight: 1.2,
      theme: palettes[shownTheme()], screenReaderMode: false, allowProposedApi: false,
    })
    this.fit = new FitAddon()
    this.search = new SearchAddon()
    this.terminal.loadAddon(this.fit)
    this.terminal.loadAddon(this.search)
    this.terminal.onData((text) => delegate.typed(text))
    this.terminal.onScroll(() => delegate.endChanged(this.isAtEnd))
    this.element = element("div", { class: "terminal" })
    this.element.addEventListener("wheel", () => requestAnimationFrame(() => delegate.endChanged(this.isAtEnd)), { passive: true })
    watchTheme(() => {
      this.terminal.options.theme = palettes[shownTheme()]
    })
    new ResizeObserver(() => this.element.isConnected && this.element.clientHeight > 0 && this.fit.fit()).observe(this.element)
  }

  /** Once it is in the page, whose measures it takes. */
  open() {
    this.terminal.open(this.element)
    this.terminal.textarea?.setAttribute("aria-label", "Terminal: what you type goes to the device")
    this.fit.fit()
  }

  get isAtEnd() {
    const { viewportY, baseY } = this.terminal.buffer.active
    return viewportY >= baseY
  }

  /** @param {string} text */
  write(text) {
    this.terminal.write(text)
  }

  /** Shows another text from its beginning. @param {string} text */
  show(text) {
    this.terminal.reset()
    this.terminal.write(text)
  }

  toEnd() {
    this.terminal.scrollToBottom()
  }

  focus() {
    this.terminal.focus()
  }

  /** @param {string} words @param {"next" | "previous"} way @returns {boolean} whether they are there */
  find(words, way) {
    return way === "next" ? this.search.findNext(words) : this.search.findPrevious(words)
  }
}
