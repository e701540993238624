/** In which session the next run goes; remembered by the browser. */
export class SessionChoice {
  /** @param {Storage} storage @param {string} accountId a shared browser must not mix the sessions of two people */
  constructor(storage, accountId) {
    this.storage = storage
    this.key = `llmos.session.${accountId}`
    const remembered = storage.getItem(this.key) ?? ""
    /** Null for none. @type {string | null} */
    this.name = isSessionName(remembered) ? remembered : null
  }

  /** @param {string | null} name */
  choose(name) {
    this.name = name
    if (name)
      this.storage.setItem(this.key, name)
    else
      this.storage.removeItem(this.key)
  }
}

/** @param {string} name */
export function isSessionName(name) {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name)
}
