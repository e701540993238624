import { element, fill } from "../ui/element.js"
import { labelledInput, labelledSelect, sentForm } from "../ui/form.js"
import { duration } from "../ui/format.js"

/** @import { CommandAnswer } from "../contracts/devices.js" */

/** The protocol's actions and what they take. @type {Record<string, { name: string, words: string, value: string }[]>} */
const actions = {
  get_info: [],
  get_status: [],
  set_gpio: [{ name: "pin", words: "Pin", value: "2" }, { name: "state", words: "State, 0 or 1", value: "1" }],
  read_gpio: [{ name: "pin", words: "Pin", value: "2" }],
  read_adc: [{ name: "pin", words: "Pin", value: "34" }],
  read_i2c: [{ name: "address", words: "Address", value: "118" }, { name: "register", words: "Register", value: "208" }, { name: "length", words: "Bytes", value: "2" }],
  set_pwm: [{ name: "pin", words: "Pin", value: "4" }, { name: "duty", words: "Duty", value: "128" }, { name: "frequency", words: "Hertz", value: "5000" }],
}
const custom = "custom"

/** Asks a board in the JSON protocol, without writing JSON; or with it. */
export class CommandForm {
  /** @param {(command: object) => Promise<CommandAnswer>} ask */
  constructor(ask) {
    this.action = labelledSelect("Action", [...Object.keys(actions).map((name) => /** @type {[string, string]} */ ([name, name])), [custom, "Other, as JSON"]])
    this.fields = element("div", { class: "form" })
    /** @type {{ name: string, input: HTMLInputElement }[]} */
    this.inputs = []
    this.reply = element("pre", { class: "command-reply", role: "status", hidden: true })
    this.action.select.onchange = () => this.#choose()
    this.element = element("section", { class: "device-aside-inner", "aria-label": "Commands" },
      sentForm("Ask", [this.action.element, this.fields], async () => {
        const { reply, milliseconds } = await ask(this.#command())
        this.reply.hidden = false
        this.reply.textContent = `${JSON.stringify(reply, null, 2)}\n\n${duration(milliseconds)}`
      }), this.reply)
    this.#choose()
  }

  #choose() {
    const action = this.action.select.value
    const wanted = action === custom ? [{ name: custom, words: "Command", value: "{\"action\":\"custom_telemetry\",\"hertz\":5,\"seconds\":60}" }] : actions[action]
    const labelled = wanted.map(({ words, value }) => labelledInput(words, action === custom ? { value, class: "field mono", spellcheck: "false" } : { value, type: "number", step: 1 }))
    this.inputs = labelled.map(({ input }, index) => ({ name: wanted[index].name, input }))
    fill(this.fields, ...labelled.map(({ element: field }) => field))
    this.fields.hidden = wanted.length === 0
  }

  #command() {
    const action = this.action.select.value
    if (action !== custom)
      return { action, ...Object.fromEntries(this.inputs.map(({ name, input }) => [name, Number(input.value)])) }
    try {
      const command = JSON.parse(this.inputs[0].input.value)
      if (command && typeof command === "object" && !Array.isArray(command))
        return command
    } catch {
      // Said below.
    }
    throw new Error("A command is a JSON object, such as {\"action\":\"get_info\"}.")
  }
}
