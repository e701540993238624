/** Copies, also on plain HTTP, where browsers offer no clipboard interface. @param {string} text @returns {Promise<boolean>} */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Permission refused: the selection below needs none.
    }
  }

  const field = document.createElement("textarea")
  field.value = text
  field.className = "visually-hidden"
  const parent = document.querySelector("dialog[open]") ?? document.body
  parent.append(field)
  field.select()
  const copied = document.execCommand("copy")
  field.remove()
  return copied
}
