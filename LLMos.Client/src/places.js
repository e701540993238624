import { element } from "./ui/element.js"

/** The two places of the page, chosen by its address: programs, and devices below `#devices` and `#device=…`. */
export class Places {
  /** @param {HTMLElement} programs @param {HTMLElement} devices @param {(id: string) => void} deviceChosen "" for any */
  constructor(programs, devices, deviceChosen) {
    this.programs = programs
    this.devices = devices
    this.deviceChosen = deviceChosen
    this.links = { programs: element("a", { class: "place", href: "#" }, "Programs"), devices: element("a", { class: "place", href: "#devices" }, "Devices") }
    this.element = element("nav", { class: "places", "aria-label": "Places" }, this.links.programs, this.links.devices)
    this.links.programs.onclick = (event) => {
      event.preventDefault()
      history.pushState(null, "", this.address)
      this.open()
    }
    this.address = location.pathname
    addEventListener("hashchange", () => this.open())
    addEventListener("popstate", () => this.open())
  }

  /** Shows what the address names. */
  open() {
    const device = /^#device(?:s|=(.+))$/.exec(location.hash)
    // So that the way back leads to the run that was shown.
    if (!device)
      this.address = location.pathname + location.hash
    this.programs.hidden = device !== null
    this.devices.hidden = device === null
    this.links.programs.setAttribute("aria-current", device ? "false" : "page")
    this.links.devices.setAttribute("aria-current", device ? "page" : "false")
    if (device)
      this.deviceChosen(decodeURIComponent(device[1] ?? ""))
  }
}
