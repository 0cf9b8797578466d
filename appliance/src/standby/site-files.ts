/** What a site has beside its databases, and a box in its place needs: the keys, and the certificates that routers and phones know. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'

export const FILES_PURPOSE = 'lango.pair.files'
const KEYS = 'keys.json'
const NAME = /^(?:keys\.json|tls\/[a-z][a-z0-9-]*\.(?:pem|sealed))$/

type Places = Pick<DataFolder, 'keyFile' | 'tlsDir'>

const namesIn = ({ tlsDir }: Places): string[] => [
  KEYS,
  ...(existsSync(tlsDir) ? readdirSync(tlsDir) : []).map((name) => `tls/${name}`).filter((name) => NAME.test(name)),
]
const placeOf = ({ keyFile, tlsDir }: Places, name: string): string =>
  name === KEYS ? keyFile : join(tlsDir, name.slice('tls/'.length))

/** Another one after each change. */
export const siteFilesVersion = (places: Places): string =>
  namesIn(places)
    .map((name) => `${name} ${statSync(placeOf(places, name), { throwIfNoEntry: false })?.mtimeMs}`)
    .join()

export const readSiteFiles = (places: Places): string =>
  JSON.stringify(
    Object.fromEntries(namesIn(places).map((name) => [name, readFileSync(placeOf(places, name), 'base64')])),
  )

const filesSchema = z.record(z.string().regex(NAME), z.base64())

/** Throws at what is not made by `readSiteFiles`. */
export const writeSiteFiles = (places: Places, text: string): void => {
  for (const [name, content] of Object.entries(filesSchema.parse(JSON.parse(text)))) {
    const file = placeOf(places, name)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeDurably(file, Buffer.from(content, 'base64'), 0o600)
  }
}
