const mostBytes = 16 * 1024 * 1024

/** "0x10000" or "65536". @param {string} text @returns {number | null} */
export function addressFrom(text) {
  const trimmed = text.trim()
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(trimmed))
    return null
  const address = Number(trimmed)
  return address < mostBytes ? address : null
}

/**
 * Why this cannot be flashed; null when it can.
 * @param {{ name: string, address: number, data: Uint8Array }[]} parts
 */
export function faultOf(parts) {
  if (parts.length === 0)
    return "Choose a file to flash."
  for (const { name, address, data } of parts) {
    if (data.length === 0)
      return `${name} is empty.`
    if (address + data.length > mostBytes)
      return `${name} does not fit: 16 MiB is the most that is flashed.`
    // The chip erases whole sectors, the neighbour's too.
    if (address % 4096 !== 0)
      return `${name} must begin at a multiple of 0x1000.`
  }
  const sorted = parts.toSorted((one, other) => one.address - other.address)
  const overlapping = sorted.find((part, index) => index > 0 && sorted[index - 1].address + sorted[index - 1].data.length > part.address)
  return overlapping ? `${overlapping.name} would overwrite the end of the file before it.` : null
}
