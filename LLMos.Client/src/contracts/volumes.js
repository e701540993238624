// Mirrors LLMos.Server/Volumes/VolumeContracts.cs.

/** @import { SentTime } from "./time.js" */

/**
 * @typedef {object} VolumeList
 * @property {VolumeSummary[]} volumes
 * @property {number} maxFileBytes
 * @property {number} maxFolderEntries
 * @property {number} formerVersions
 * @property {number} keptDays
 */

/**
 * @typedef {object} VolumeSummary
 * @property {string} name user, team or system
 * @property {boolean} isWritable
 * @property {number} files
 * @property {number} folders
 * @property {number} bytes
 * @property {number} quotaBytes
 * @property {number} maxEntries
 * @property {number} keptBytes of former versions, which count as 8 KiB each at least, and the bin
 * @property {number} keptQuotaBytes
 * @property {number} binEntries
 * @property {number} sequence of the last change
 */

/** @typedef {{ name: string, via: string }} EntryAuthor via: person, token, product, or run and its id */

/**
 * @typedef {object} Entry
 * @property {string} path whole, such as user/a/b.txt
 * @property {string} name
 * @property {"file" | "folder"} type
 * @property {number} bytes
 * @property {string} createdAt
 * @property {number | null} [version]
 * @property {string | null} [tag] the ETag without its quotes
 * @property {string | null} [hash]
 * @property {string | null} [modifiedAt]
 * @property {EntryAuthor | null} [author]
 * @property {string | null} [mediaType]
 * @property {number | null} [files] below a folder, at any depth
 * @property {number | null} [folders]
 */

/**
 * @typedef {object} FolderListing
 * @property {string} path
 * @property {number} sequence
 * @property {number} count of all entries
 * @property {Entry[]} entries
 * @property {string | null} [next] what to give as `after`
 */

/** @typedef {{ path: string, versions: FileVersionEntry[] }} FileHistory the newest first */

/**
 * @typedef {object} FileVersionEntry
 * @property {number} version
 * @property {number} bytes
 * @property {string} tag
 * @property {string} hash
 * @property {string} modifiedAt
 * @property {EntryAuthor} author
 * @property {boolean} isCurrent
 */

/**
 * @typedef {object} BinnedEntry
 * @property {number} id
 * @property {string} path where it was
 * @property {"file" | "folder"} type
 * @property {number} bytes
 * @property {number} files
 * @property {string} deletedAt
 * @property {EntryAuthor} deletedBy
 */

/**
 * @typedef {object} Change
 * @property {number} sequence from 1, without gaps, for each volume
 * @property {"created" | "changed" | "removed" | "moved"} kind
 * @property {string} path
 * @property {string | null} [from]
 * @property {"file" | "folder"} type
 * @property {number | null} [version]
 * @property {SentTime} at
 * @property {string} author
 */

/** @typedef {{ matches: SearchMatch[], isComplete: boolean }} SearchResult */
/** @typedef {{ entry: Entry, lines: { line: number, text: string }[] }} SearchMatch */

/** @typedef {{ path: string, files: number, folders: number, bytes: number, leftOut: { name: string, reason: string }[], leftOutOmitted: number }} ImportResult what a zip brought */

export {}
