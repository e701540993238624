/** @import { SessionVariable } from "../contracts/runs.js" */

const callables = new Set(["function", "builtin_function_or_method", "type", "ABCMeta", "EnumType", "ufunc"])

/**
 * Data first, then functions and classes, then modules, each by name.
 * @template {{ name: string, type: string }} Variable
 * @param {Variable[]} variables
 */
export function ordered(variables) {
  return [...variables].sort((one, other) =>
    rank(one) - rank(other) || one.name.localeCompare(other.name, "en", { numeric: true }))
}

/** Those whose name or type has these words. @param {SessionVariable[]} variables @param {string} words */
export function matching(variables, words) {
  const sought = words.trim().toLowerCase()
  return variables.filter(({ name, type }) => name.toLowerCase().includes(sought) || type.toLowerCase().includes(sought))
}

/** "1,000", "3 × 4". @param {number[] | null | undefined} shape */
export function shapeWords(shape) {
  return shape?.map((length) => length.toLocaleString("en")).join(" × ") ?? ""
}

/** @param {{ type: string }} variable */
function rank({ type }) {
  return type === "module" ? 2 : callables.has(type) ? 1 : 0
}
