/** @import { Api } from "../connection/api.js" */
/** @import { AccessToken, Account, CreatedToken, Person, Role } from "../contracts/accounts.js" */

/** What the page may ask of the server's accounts. */
export class AccountClient {
  /** @param {Api} api */
  constructor(api) {
    this.api = api
  }

  /** Null when nobody is signed in. @returns {Promise<Account | null>} */
  async find() {
    try {
      return await this.api.get("/account")
    } catch (problem) {
      if (/** @type {{ status?: number }} */ (problem).status === 401)
        return null
      throw problem
    }
  }

  /** Whether the first administrator is still to be made. @returns {Promise<boolean>} */
  async needsSetUp() {
    try {
      return (await this.api.get("/setup"))?.needed === true
    } catch (problem) {
      if (/** @type {{ status?: number }} */ (problem).status === 404)
        return false
      throw problem
    }
  }

  /** @param {string} token @param {string} user @param {string} password @returns {Promise<Account>} */
  setUp(token, user, password) {
    return this.api.post("/setup", { token, user, password })
  }

  /** @param {string} user @param {string} password @returns {Promise<Account>} */
  logIn(user, password) {
    return this.api.post("/login", { user, password })
  }

  logOut() {
    return this.api.post("/logout")
  }

  /** @param {string} currentPassword @param {string} newPassword @param {boolean} endTokens */
  changePassword(currentPassword, newPassword, endTokens) {
    return this.api.post("/account/password", { currentPassword, newPassword, endTokens })
  }

  /** @returns {Promise<AccessToken[]>} */
  tokens() {
    return this.api.get("/tokens")
  }

  /** @param {string} name @param {number} expiresInDays @returns {Promise<CreatedToken>} */
  createToken(name, expiresInDays) {
    return this.api.post("/tokens", { name, expiresInDays })
  }

  /** @param {string} id */
  revokeToken(id) {
    return this.api.delete(`/tokens/${encodeURIComponent(id)}`)
  }

  /** @returns {Promise<Person[]>} */
  people() {
    return this.api.get("/people")
  }

  /** @param {string} user @param {string} password @param {Role} role @returns {Promise<Person>} */
  addPerson(user, password, role) {
    return this.api.post("/people", { user, password, role })
  }

  /** @param {string} id @param {{ role?: Role, password?: string }} change */
  changePerson(id, change) {
    return this.api.patch(`/people/${encodeURIComponent(id)}`, change)
  }

  /** @param {string} id */
  revokeTokensOf(id) {
    return this.api.delete(`/people/${encodeURIComponent(id)}/tokens`)
  }

  /** @param {string} id */
  removePerson(id) {
    return this.api.delete(`/people/${encodeURIComponent(id)}`)
  }
}
