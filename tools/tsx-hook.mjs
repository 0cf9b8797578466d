// Node strips types from .ts by itself but never touches .tsx: this load hook
// turns views into JavaScript in development. The box runs the bundle instead.
import { registerHooks } from 'node:module'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

let transformSync
registerHooks({
  load(url, context, next) {
    if (!url.endsWith('.tsx')) return next(url, context)
    transformSync ??= process.getBuiltinModule('node:module').createRequire(import.meta.url)('esbuild').transformSync
    const file = fileURLToPath(url)
    const source = transformSync(readFileSync(file, 'utf8'), {
      loader: 'tsx',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      sourcemap: 'inline',
      sourcefile: file,
      target: 'node26',
    }).code
    return { format: 'module', shortCircuit: true, source }
  },
})
