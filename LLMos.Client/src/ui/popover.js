const gap = 6

/**
 * Makes `button` open and close `panel`, which hangs below it and stays within the window.
 * Escape and a click elsewhere close it; the browser returns the focus.
 * @param {HTMLButtonElement} button @param {HTMLElement} panel @param {() => void} [opened]
 */
export function attachPopover(button, panel, opened) {
  panel.popover = "auto"
  panel.classList.add("popover")
  button.popoverTargetElement = panel
  button.setAttribute("aria-expanded", "false")
  button.after(panel)

  panel.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open")
      opened?.()
  })
  panel.addEventListener("toggle", (event) => {
    const open = /** @type {ToggleEvent} */ (event).newState === "open"
    button.setAttribute("aria-expanded", String(open))
    if (open)
      place(button, panel)
  })
  const keepPlace = () => panel.matches(":popover-open") && place(button, panel)
  addEventListener("resize", keepPlace)
  new ResizeObserver(keepPlace).observe(panel)
}

/** @param {HTMLElement} button @param {HTMLElement} panel */
function place(button, panel) {
  const from = button.getBoundingClientRect()
  const room = innerWidth - panel.offsetWidth - gap
  const alignRight = from.left + from.width / 2 > innerWidth / 2
  const left = alignRight ? from.right - panel.offsetWidth : from.left
  panel.style.left = `${Math.max(gap, Math.min(left, room))}px`
  panel.style.top = `${Math.min(from.bottom + gap, Math.max(gap, innerHeight - panel.offsetHeight - gap))}px`
}
