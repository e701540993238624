// Mirrors LLMos.Server/Devices/DeviceContracts.cs and Lent/LentContracts.cs. MessagePack sends a missing value as null.

/** @import { SentTime } from "./time.js" */

/** @typedef {"ready" | "absent" | "away" | "removed"} DeviceState */

/**
 * @typedef {object} DeviceSummary
 * @property {string} id
 * @property {string} name
 * @property {string[]} tags
 * @property {"port" | "lent" | "virtual"} kind
 * @property {DeviceState} state
 * @property {string | null} port
 * @property {string | null} lender
 * @property {string | null} usb such as 303a:1001
 * @property {DeviceSettings} settings
 * @property {DeviceLease | null} lease
 * @property {string[]} waiting who waits for the lease, the next first
 * @property {number} sequence of its newest event
 * @property {number} firstSequence of the oldest event that is kept
 * @property {number} logBytes
 */

/** @typedef {{ holder: string, mode: "use" | "flash", reason: string | null, since: SentTime, expiresAt: SentTime }} DeviceLease */

/** @typedef {{ leaseId: string, expiresAt: SentTime }} LeaseAnswer */

/** @typedef {{ reason?: string | null, waitSeconds?: number, takeOver?: boolean, mode?: "use" | "flash" }} LeaseRequest */

/**
 * @typedef {object} DeviceSettings
 * @property {number} baudRate 50 to 6,000,000
 * @property {number} dataBits 5 to 8
 * @property {"none" | "odd" | "even" | "mark" | "space"} parity
 * @property {"1" | "1.5" | "2"} stopBits
 * @property {"none" | "rts-cts" | "xon-xoff"} flowControl
 */

/**
 * @typedef {object} DeviceEvent
 * @property {number} sequence from 1; of joined bytes the last one's number
 * @property {SentTime} at
 * @property {"received" | "sent" | "state" | "lease" | "settings" | "signals" | "reset" | "named" | "skipped"} kind
 * @property {string | null} by
 * @property {Uint8Array | null} data of received and sent
 * @property {string | null} text of all others
 */

/** @typedef {{ findings: { sequence: number, at: string, line: string }[], next: number, more: boolean }} DeviceFindings */

/** @typedef {{ host: string, port: number, url: string, commands: string[] }} Rfc2217Answer */

/** @typedef {{ reply: Record<string, unknown>, milliseconds: number, sequence: number }} CommandAnswer */

/** @typedef {{ key: string, epoch: string, name: string, usb?: string | null, done: number, offset: number, sent: number }} LentPortDescription */

/**
 * @typedef {object} LineOrder
 * @property {number} number rising in each epoch; 0 of lent
 * @property {"lent" | "write" | "settings" | "signals"} kind
 * @property {string | null} deviceId of lent
 * @property {number} offset of lent: the next received byte that the server wants
 * @property {Uint8Array | null} data
 * @property {DeviceSettings | null} settings
 * @property {boolean | null} dtr
 * @property {boolean | null} rts
 * @property {boolean | null} break
 */

/** @typedef {{ kind: "received" | "done" | "gone", offset: number, data: Uint8Array | null, number: number, error: string | null }} LentReport */

export {}
