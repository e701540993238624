// Runs before the first paint, so that a chosen theme does not flash; see ui/theme.js.
{
  const chosen = localStorage.getItem("llmos.theme")
  if (chosen === "light" || chosen === "dark")
    document.documentElement.dataset.theme = chosen
}
