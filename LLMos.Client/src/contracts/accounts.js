// Mirrors LLMos.Server/Accounts/AccountContracts.cs.

/** @typedef {"administrator" | "member" | "viewer"} Role A viewer cannot run. */

/**
 * @typedef {object} Account
 * @property {string} id
 * @property {string} user
 * @property {Role} role
 */

/** @typedef {Account & { createdAt: string, tokens: number }} Person tokens: how many API tokens they have */

/**
 * @typedef {object} AccessToken
 * @property {string} id
 * @property {string} name
 * @property {string} createdAt ISO 8601
 * @property {string} expiresAt
 * @property {string | null} [lastUsedAt]
 */

/**
 * @typedef {object} CreatedToken
 * @property {string} id
 * @property {string} name
 * @property {string} token Shown once; the server keeps a hash.
 * @property {string} createdAt
 * @property {string} expiresAt
 */

export {}
