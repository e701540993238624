import { python } from "@codemirror/lang-python"

/** @import { Extension } from "@codemirror/state" */

/** By extension; each is loaded when the first file of it is opened. @type {Record<string, () => Promise<Extension>>} */
const languages = {
  py: async () => python(),
  js: script, mjs: script,
  ts: async () => (await import("@codemirror/lang-javascript")).javascript({ typescript: true }),
  json: json, ipynb: json,
  html: html, htm: html, svg: html, xml: html,
  css: async () => (await import("@codemirror/lang-css")).css(),
  md: markdown, markdown,
  c: cpp, h: cpp, cpp, hpp: cpp, ino: cpp,
  yaml: yaml, yml: yaml,
}

/** Nothing for an extension that is not known. @param {string} extension @returns {Promise<Extension>} */
export async function languageOf(extension) {
  return Object.hasOwn(languages, extension) ? languages[extension]() : []
}

async function script() {
  return (await import("@codemirror/lang-javascript")).javascript()
}

async function json() {
  return (await import("@codemirror/lang-json")).json()
}

async function html() {
  return (await import("@codemirror/lang-html")).html()
}

async function markdown() {
  return (await import("@codemirror/lang-markdown")).markdown()
}

async function cpp() {
  return (await import("@codemirror/lang-cpp")).cpp()
}

async function yaml() {
  return (await import("@codemirror/lang-yaml")).yaml()
}
