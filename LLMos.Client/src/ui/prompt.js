import { openDialog } from "./dialog.js"
import { labelledInput, sentForm } from "./form.js"

/**
 * Asks for one line of text; stays open with the reason when what is done with it fails.
 * @param {{ title: string, label: string, deed: string, value?: string, selected?: [number, number], fault?: (text: string) => string | null, hint?: string }} what
 * @param {(text: string) => Promise<unknown>} done
 */
export function openPrompt({ title, label, deed, value = "", selected, fault, hint }, done) {
  const field = labelledInput(label, { value, autocomplete: "off", autocapitalize: "off", spellcheck: "false", dir: "auto" }, hint)
  const dialog = openDialog(title, null, sentForm(deed, [field.element], async () => {
    const problem = fault?.(field.input.value)
    if (problem)
      throw new Error(problem)
    await done(field.input.value)
    dialog.close()
  }))
  dialog.classList.add("dialog-small")
  field.input.focus()
  field.input.setSelectionRange(...(selected ?? [0, value.length]))
  return dialog
}
