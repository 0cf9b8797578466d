// Two things Node does not do by itself, so that the source runs as it stands:
//
// - It strips types from .ts but never touches .tsx: views are turned into JavaScript
//   by esbuild, once; the result is kept, so that a box starts no esbuild beside itself.
// - It parses the 180 kB package.json of drizzle-orm again for each of drizzle's files,
//   to learn each time that they are modules: half a second in every thread and every
//   command. Here it is told.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const kept = join(import.meta.dirname, '../node_modules/.cache/lango-tsx')

function transform(file, source) {
  return require('esbuild').transformSync(source, {
    loader: 'tsx',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    sourcemap: 'inline',
    sourcefile: file,
    target: 'node26',
  }).code
}

function viewSource(file) {
  const source = readFileSync(file, 'utf8')
  const place = join(kept, `${createHash('sha1').update(file).update(source).digest('hex')}.js`)
  try {
    return readFileSync(place, 'utf8')
  } catch {
    const code = transform(file, source)
    try {
      // Under another name first: several threads come here at once.
      const draft = `${place}.${process.pid}.${performance.now()}`
      mkdirSync(kept, { recursive: true })
      writeFileSync(draft, code)
      renameSync(draft, place)
    } catch {
      // The checkout belongs to somebody else: it is made anew each time.
    }
    return code
  }
}

const isWithinDrizzle = (specifier, { parentURL, conditions }) =>
  specifier.startsWith('.') &&
  specifier.endsWith('.js') &&
  conditions.includes('import') &&
  parentURL?.includes('/node_modules/drizzle-orm/') === true

registerHooks({
  resolve(specifier, context, next) {
    if (!isWithinDrizzle(specifier, context)) return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
  },
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context)
    return { format: 'module', shortCircuit: true, source: viewSource(fileURLToPath(url)) }
  },
})
