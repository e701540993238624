/**
 * A time as the server sends it: text in JSON; over a hub a Date with the minutes of its offset.
 * @typedef {string | Date | [Date, number]} SentTime
 */

export {}
