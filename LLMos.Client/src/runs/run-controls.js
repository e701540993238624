import { CirclePause, Play, Square } from "lucide"
import { element, fill } from "../ui/element.js"
import { icon } from "../ui/icon.js"

/** @typedef {{ runAsked(): void, stopAsked(): void, interruptAsked(): void }} RunControlsDelegate */
/** @typedef {"run" | "run-again" | "no-program" | "live" | "sending"} ControlState */

const onMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
const runKeys = onMac ? "⌘↵" : "Ctrl ↵"
const interruptKeys = onMac ? "⌘." : "Ctrl ."

/** Run, or Stop and Interrupt while a run is live. */
export class RunControls {
  /** @param {RunControlsDelegate} delegate @param {boolean} canRun */
  constructor(delegate, canRun) {
    this.canRun = canRun
    this.run = element("button", { class: "button primary", type: "button", "data-testid": "run", onclick: () => delegate.runAsked() })
    this.stop = element("button", { class: "button stop", type: "button", "data-testid": "stop", "aria-describedby": "stop-note", onclick: () => delegate.stopAsked() },
      icon(Square, 14), "Stop")
    this.interrupt = element("button", {
      class: "button", type: "button", title: "Raise KeyboardInterrupt in the program", "aria-keyshortcuts": "Control+.", "aria-describedby": "stop-note", onclick: () => delegate.interruptAsked(),
    }, icon(CirclePause), element("span", { class: "wide-only" }, "Interrupt"), element("kbd", { class: "wide-only" }, interruptKeys))
    this.element = element("div", { class: "run-controls" }, this.interrupt, this.stop, this.run)
    this.set("run")
  }

  /** @param {ControlState} state */
  set(state) {
    const live = state === "live"
    const hadFocus = this.element.contains(document.activeElement)
    this.run.hidden = live
    this.stop.hidden = !live || !this.canRun
    this.interrupt.hidden = !live || !this.canRun
    this.run.disabled = state === "sending" || state === "no-program" || !this.canRun
    this.run.title = this.canRun ? state === "no-program" ? "This file is not a Python program" : "" : "Your role is viewer: you can look at runs and not start them"
    fill(this.run, icon(Play, 14), state === "run-again" ? "Run again" : "Run", element("kbd", {}, runKeys))
    if (hadFocus)
      (live ? this.stop : this.run).focus()
  }
}
