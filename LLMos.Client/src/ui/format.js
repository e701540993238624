const minute = 60_000
const hour = 60 * minute

/** "0 ms", "840 ms", "1.24 s", "12.3 s", "3 min 05 s". @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds < 999.5)
    return `${Math.round(milliseconds)} ms`
  if (milliseconds < 9_995)
    return `${(milliseconds / 1000).toFixed(2)} s`
  if (milliseconds < minute - 50)
    return `${(milliseconds / 1000).toFixed(1)} s`
  if (milliseconds < hour) {
    const seconds = Math.floor(milliseconds / 1000)
    return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
  }
  return `${(milliseconds / hour).toFixed(1)} h`
}

/** A clock that ticks: tenths of a second, always as wide. @param {number} milliseconds */
export function stopwatch(milliseconds) {
  const tenths = Math.floor(Math.max(0, milliseconds) / 100)
  const minutes = Math.floor(tenths / 600)
  const seconds = ((tenths % 600) / 10).toFixed(1)
  return minutes ? `${minutes}:${seconds.padStart(4, "0")}` : `${seconds} s`
}

/** What is left, ticking by the second: "45 s", "24 min 05 s", "1 h 20 min". @param {number} milliseconds */
export function countdown(milliseconds) {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0)
    return `${seconds} s`
  return minutes < 60
    ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`
}

/** In one unit: "45 s", "3 min", "2 h", "4 days". @param {number} milliseconds */
export function roughly(milliseconds) {
  if (milliseconds < minute)
    return `${Math.floor(Math.max(0, milliseconds) / 1000)} s`
  if (milliseconds < hour)
    return `${Math.floor(milliseconds / minute)} min`
  return milliseconds < 48 * hour ? `${Math.floor(milliseconds / hour)} h` : `${Math.floor(milliseconds / (24 * hour))} days`
}

/** "312 B", "4.2 KB", "84 MB"; 1 KB is 1024 B. @param {number} count */
export function bytes(count) {
  if (count < 1024)
    return `${count} B`
  const units = ["KB", "MB", "GB"]
  let size = count / 1024
  let unit = 0
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${size < 9.95 ? Number(size.toFixed(1)) : Math.round(size)} ${units[unit]}`
}

/** A duration that was set and not measured: "30 s", "1.5 s". @param {number} milliseconds */
export function setDuration(milliseconds) {
  return duration(milliseconds).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ")
}

/** "1.2 of 30 s": the unit once when both have the same. @param {string} used @param {string} limit */
export function portion(used, limit) {
  const [amount, unit] = used.split(" ")
  return limit.endsWith(` ${unit}`) ? `${amount} of ${limit}` : `${used} of ${limit}`
}

/** "1 line", "12,345 lines". @param {number} many @param {string} thing @param {string} [things] */
export function count(many, thing, things = `${thing}s`) {
  return `${many.toLocaleString("en")} ${many === 1 ? thing : things}`
}

/** Characters that cannot be seen, or that turn the text after them around, as the escapes of Python. @param {string} text */
export function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu, (character) => {
    const code = /** @type {number} */ (character.codePointAt(0)).toString(16)
    if (code.length > 4)
      return `\\U${code.padStart(8, "0")}`
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`
  })
}

/** "14:02". @param {Date} time */
export function clock(time) {
  return time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
}

/** "14:02:07.031". @param {Date} time */
export function exactClock(time) {
  return `${time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })}.${String(time.getMilliseconds()).padStart(3, "0")}`
}

/** "Today", "Yesterday", "Monday 3 March", "3 March 2024". @param {Date} time @param {Date} now */
export function day(time, now) {
  const days = Math.round((midnight(now).getTime() - midnight(time).getTime()) / (24 * hour))
  if (days <= 0)
    return "Today"
  if (days === 1)
    return "Yesterday"
  return time.getFullYear() === now.getFullYear()
    ? time.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" })
    : time.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })
}

/** "3 March 2025". @param {string | Date} time */
export function date(time) {
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" })
}

/** @param {Date} time */
function midnight(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate())
}
