// Bundles the page into the server's static files: /shell is for everybody, /app only for signed-in people.
// `node build.js --development` keeps the names readable and writes source maps.
import { build } from "esbuild"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { basename, extname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"

const here = fileURLToPath(new URL(".", import.meta.url))
const wwwroot = resolve(here, "../LLMos.Server/wwwroot")
const development = process.argv.includes("--development")

/** @satisfies {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: !development,
  sourcemap: development,
  legalComments: "none",
  target: ["es2022", "chrome123", "firefox125", "safari17.5"],
  // Every browser that the page is built for reads woff2, the first format that KaTeX names.
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".svg": "copy" },
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  logLevel: "warning",
}

/**
 * Builds one folder of wwwroot and tells the served path of each entry point.
 * @param {string} folder @param {string[]} entryPoints @param {Record<string, string>} [define]
 * @returns {Promise<Record<string, string>>}
 */
async function bundle(folder, entryPoints, define = {}) {
  const { metafile } = await build({
    ...common,
    entryPoints,
    define,
    metafile: true,
    outdir: resolve(wwwroot, folder),
    publicPath: `/${folder}`,
  })

  return Object.fromEntries(Object.entries(metafile.outputs)
    .filter(([, output]) => output.entryPoint)
    .map(([path, output]) => [/** @type {string} */ (output.entryPoint), `/${folder}/${basename(path)}`]))
}

/** Writes `.br` and `.gz` beside each file that gets smaller by them; the server sends what the browser takes. */
async function compress() {
  for (const folder of ["", "app", "shell"]) {
    for (const name of await readdir(resolve(wwwroot, folder))) {
      if (![".js", ".css", ".svg", ".html"].includes(extname(name)))
        continue
      const path = join(wwwroot, folder, name)
      const content = await readFile(path)
      await writeFile(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }))
      await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }))
    }
  }
}

await rm(wwwroot, { recursive: true, force: true })

const formulas = await bundle("app", ["styles/formula.css"])
const app = await bundle("app", ["src/workspace.js", "styles/workspace.css"], {
  FORMULA_STYLES: JSON.stringify(formulas["styles/formula.css"]),
})
const shell = await bundle("shell", ["src/main.js", "src/theme.js", "styles/shell.css", "src/favicon.svg"], {
  WORKSPACE_SCRIPT: JSON.stringify(app["src/workspace.js"]),
  WORKSPACE_STYLES: JSON.stringify(app["styles/workspace.css"]),
})

const page = await readFile(resolve(here, "index.html"), "utf8")
await writeFile(resolve(wwwroot, "index.html"), page.replace(/\{\{(.+?)\}\}/g, (_, entry) => {
  if (!shell[entry])
    throw new Error(`index.html names ${entry}, which was not built.`)
  return shell[entry]
}))

if (!development)
  await compress()
