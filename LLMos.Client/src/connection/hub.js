import { HttpTransportType, HubConnectionBuilder, LogLevel, Subject } from "@microsoft/signalr"
import { MessagePackHubProtocol } from "@microsoft/signalr-protocol-msgpack"
import { Problem } from "./problem.js"

/** @typedef {{ hubConnected(): void, hubDisconnected(): void }} HubDelegate */
/** @typedef {{ next(item: any): void, complete(): void, error(problem: Problem): void }} StreamReader */

const longestPauseMilliseconds = 8000
// A connection that breaks sooner than this counts as one more failed attempt, so that a server in trouble is not hammered.
const steadyMilliseconds = 5000

/** A hub connection that comes back by itself, from `start()` to `stop()`. */
export class Hub {
  /** @type {HubDelegate | null} */
  delegate = null
  #wanted = false
  #attempt = 0
  #connectedAt = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {string} url */
  constructor(url) {
    this.connection = new HubConnectionBuilder()
      .withUrl(url, {
        transport: HttpTransportType.WebSockets | HttpTransportType.LongPolling,
        headers: { "X-LLMos-Request": "1" },
      })
      .withHubProtocol(new MessagePackHubProtocol())
      .configureLogging(LogLevel.None)
      .build()
    this.connection.onclose(() => this.#lost())
  }

  get connected() {
    return this.connection.state === "Connected"
  }

  start() {
    if (this.#wanted)
      return
    this.#wanted = true
    addEventListener("online", this.retryNow)
    addEventListener("offline", this.drop)
    void this.#connect()
  }

  async stop() {
    this.#wanted = false
    clearTimeout(this.#timer)
    removeEventListener("online", this.retryNow)
    removeEventListener("offline", this.drop)
    await this.connection.stop()
  }

  retryNow = () => {
    if (!this.#wanted || this.connection.state !== "Disconnected")
      return
    clearTimeout(this.#timer)
    void this.#connect()
  }

  // A connection over a network that is gone would be believed in for half a minute.
  drop = () => {
    if (this.connected)
      void this.connection.stop()
  }

  /** @param {string} name @param {(argument: any) => void} handler */
  on(name, handler) {
    this.connection.on(name, handler)
  }

  /** @param {string} method @param {any[]} args @param {StreamReader} reader @returns {() => void} ends the stream */
  stream(method, args, reader) {
    const subscription = this.connection.stream(method, ...args).subscribe({
      next: (item) => reader.next(item),
      complete: () => reader.complete(),
      error: (error) => reader.error(Problem.fromHubError(error)),
    })
    return () => subscription.dispose()
  }

  /** Calls a method and waits for its answer. @param {string} method @param {...any} args @returns {Promise<any>} fails with a Problem */
  async ask(method, ...args) {
    try {
      return await this.connection.invoke(method, ...args)
    } catch (error) {
      throw Problem.fromHubError(error)
    }
  }

  /** Both ways: what is sent goes up while items come down; the server ends it. @param {string} method @param {any[]} args before the stream @param {StreamReader} reader */
  exchange(method, args, reader) {
    const upward = new Subject()
    this.stream(method, [...args, upward], reader)
    return { send: (/** @type {any} */ item) => upward.next(item), end: () => upward.complete() }
  }

  async #connect() {
    try {
      await this.connection.start()
    } catch {
      this.#lost()
      return
    }
    this.#connectedAt = Date.now()
    this.delegate?.hubConnected()
  }

  #lost() {
    if (!this.#wanted)
      return
    if (this.#connectedAt > 0 && Date.now() - this.#connectedAt > steadyMilliseconds)
      this.#attempt = 0
    this.#connectedAt = 0
    this.delegate?.hubDisconnected()

    const pause = Math.min(longestPauseMilliseconds, 250 * 2 ** this.#attempt)
    this.#attempt += 1
    // Spread out, so that a restarted server is not met by every page at once.
    this.#timer = setTimeout(this.retryNow, pause * (0.75 + Math.random() / 2))
  }
}
