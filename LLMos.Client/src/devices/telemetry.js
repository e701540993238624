const pair = /([A-Za-z_][\w .%°/-]{0,31}?)\s*[:=]\s*(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/g
const between = /^[\s,;|]*(?:[A-Za-z%°/]{1,8}(?=[\s,;|]|$))?[\s,;|]*$/
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
    if (!between.test(line.slice(end, match.index)))
      return []
    found.push([match[1].trim(), Number(match[2])])
    end = match.index + match[0].length
  }
  return between.test(line.slice(end)) ? found : []
}
