import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** This release's, as its own package says; from the sources as from the bundle, which lies elsewhere. */
export const productVersion = (from = import.meta.dirname): string => {
  const file = join(from, 'package.json')
  const { name, version } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string })
    : {}
  if (name === 'lango') return version ?? ''
  return dirname(from) === from ? '' : productVersion(dirname(from))
}
