// Each repetition is bounded: a board may send what begins like a number a thousand times.
const pair = /([A-Za-z_][\w .%°/-]{0,31}?)\s{0,8}[:=]\s{0,8}(-?(?:\d{1,24}(?:\.\d{0,24})?|\.\d{1,24})(?:[eE][+-]?\d{1,3})?)(?![\w.])/g
const separators = /[\s,;|]+/
const unit = /^[A-Za-z%°/]{1,8}$/
const mostSeries = 8
const mostPoints = 2000

/** Numbers that arrive as lines of `key:value`, such as `temperature:21.5 humidity:40`, for a plot. */
export class Telemetry {
  /** Seconds since 1970, ascending. @type {number[]} */
  times = []
  /** Each as long as the times; null where a line did not have it. @type {Map<string, (number | null)[]>} */
  series = new Map()

  /** @param {string} line @param {Date} at @returns {boolean} whether it had numbers, and nothing else */
  take(line, at) {
    const found = pairsOf(line)
    if (found.length === 0)
      return false
    const wanted = found.filter(([name]) => this.series.has(name) || this.series.size < mostSeries)
    for (const [name] of wanted) {
      if (!this.series.has(name) && this.series.size < mostSeries)
        this.series.set(name, this.times.map(() => null))
    }
    this.times.push(at.getTime() / 1000)
    const values = new Map(wanted)
    this.series.forEach((points, name) => points.push(values.get(name) ?? null))
    if (this.times.length > mostPoints) {
      this.times.shift()
      this.series.forEach((points) => points.shift())
    }
    return true
  }

  clear() {
    this.times = []
    this.series.clear()
  }
}

/** @param {string} line @returns {[string, number][]} none when anything else is in it */
function pairsOf(line) {
  const found = /** @type {[string, number][]} */ ([])
  let end = 0
  for (const match of line.matchAll(pair)) {
    if (!mayStandBetween(line.slice(end, match.index)))
      return []
    found.push([match[1].trim(), Number(match[2])])
    end = match.index + match[0].length
  }
  return mayStandBetween(line.slice(end)) ? found : []
}

/** @param {string} text */
function mayStandBetween(text) {
  const words = text.split(separators).filter((word) => word !== "")
  return words.length === 0 || words.length === 1 && unit.test(words[0])
}
