import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const patienceMilliseconds = 30_000

export const administrator = "first-administrator"
export const anyPassword = "correct horse"

/** LLMOS_SERVER names another executable, a published one for instance. */
function executable() {
  const built = ["debug", "release"].map((kind) => join(root, "artifacts/bin/LLMos.Server", kind, "LLMos.Server"))
  const found = process.env.LLMOS_SERVER ?? built.find((path) => existsSync(path))
  if (!found)
    throw new Error("There is no server to test: run `dotnet build` first, or name one in LLMOS_SERVER.")
  return found
}

/** The real server as a process of its own, on a free port and a data folder that goes with it. */
export class Server {
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null
  /** @type {string[]} */
  log = []
  address = "http://127.0.0.1:0"
  data = ""

  /** @param {Record<string, string>} settings as environment, e.g. `LLMos__Runs__Slots` */
  constructor(settings) {
    this.settings = settings
  }

  /** A server with an administrator. @param {Record<string, string>} [settings] */
  static start(settings = {}) {
    return Server.startNew({ LLMos__FirstRun__AdminUser: administrator, LLMos__FirstRun__AdminPassword: anyPassword, ...settings })
  }

  /** A server that nobody owns yet. @param {Record<string, string>} [settings] */
  static async startNew(settings = {}) {
    const server = new Server(settings)
    server.data = await mkdtemp(join(tmpdir(), "llmos-browser-"))
    await server.begin()
    return server
  }

  /** Starts the process; after `kill()`, on the same port and data. */
  async begin() {
    const child = spawn(executable(), [], {
      // Not published, it finds the page in the project's folder.
      cwd: join(root, "LLMos.Server"),
      env: { ...process.env, ...this.settings, LLMos__Data__Path: this.data, ASPNETCORE_URLS: this.address },
      stdio: ["ignore", "pipe", "inherit"],
    })
    this.#process = child
    this.log = []
    createInterface({ input: child.stdout }).on("line", (line) => this.log.push(line))
    process.once("exit", () => child.kill("SIGKILL"))

    await this.#until(() => this.#logged(/Now listening on: (\S+)/), "listens")
    this.address = this.#logged(/Now listening on: (\S+)/) ?? this.address
    await this.#until(async () => (await fetch(`${this.address}/api/v1/health/ready`)).ok, "is ready")
  }

  /** The address that makes the first administrator. */
  get setUpLink() {
    return this.#logged(/(http\S+#setup=\S+)/) ?? ""
  }

  /** As when the power fails. */
  async kill() {
    await this.#end("SIGKILL")
  }

  async stop() {
    const code = await this.#end("SIGTERM")
    await rm(this.data, { recursive: true, force: true })
    if (code !== 0)
      throw new Error(`The server ended with ${code}:\n${this.log.slice(-20).join("\n")}`)
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = /** @type {import("node:child_process").ChildProcess} */ (this.#process)
    if (child.exitCode !== null || child.signalCode !== null)
      return child.exitCode ?? child.signalCode
    return new Promise((resolve) => {
      child.once("close", (code, killedBy) => resolve(code ?? killedBy))
      child.kill(signal)
    })
  }

  /** @param {RegExp} line @returns {string | undefined} its first group */
  #logged(line) {
    return this.log.map((entry) => line.exec(entry)?.[1]).find(Boolean)
  }

  /** @param {() => unknown} reached @param {string} words */
  async #until(reached, words) {
    const deadline = Date.now() + patienceMilliseconds
    while (!await reached()) {
      if (Date.now() > deadline || this.#process?.exitCode !== null)
        throw new Error(`No server that ${words}; its log:\n${this.log.join("\n")}`)
      await pause(20)
    }
  }
}
