/** @typedef {"auto" | "light" | "dark"} Theme */

const storageKey = "llmos.theme"
const systemDark = matchMedia("(prefers-color-scheme: dark)")

/** @returns {Theme} */
export function chosenTheme() {
  const chosen = document.documentElement.dataset.theme
  return chosen === "light" || chosen === "dark" ? chosen : "auto"
}

/** @param {Theme} theme */
export function chooseTheme(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme
    localStorage.removeItem(storageKey)
  } else {
    document.documentElement.dataset.theme = theme
    localStorage.setItem(storageKey, theme)
  }
  dispatchEvent(new Event("themechange"))
}

/** @returns {"light" | "dark"} what is on the screen */
export function shownTheme() {
  const chosen = chosenTheme()
  return chosen === "auto" ? (systemDark.matches ? "dark" : "light") : chosen
}

/** @param {() => void} changed also told when the system turns dark or light @returns {() => void} stops telling */
export function watchTheme(changed) {
  addEventListener("themechange", changed)
  systemDark.addEventListener("change", changed)
  return () => {
    removeEventListener("themechange", changed)
    systemDark.removeEventListener("change", changed)
  }
}
