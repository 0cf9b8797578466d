/**
 * The feed, on the releasing side: a folder that any web server hands out, or that is copied to a stick.
 *
 *     metadata/N.root.json  timestamp.json  N.snapshot.json  N.targets.json
 *     targets/SHA256.lango-1.4.0-amd64.raucb  SHA256.lango-1.4.0-amd64-from-1.3.0.delta
 *
 * Root is signed by people who keep their keys offline, targets by those who release; snapshot and timestamp by a key
 * that may lie on the machine that signs each day: alone it can hold releases back, and no more than until they expire.
 */
import { createHash, hash } from 'node:crypto'
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from '@tufjs/models'
import { writeDurably } from '@lango/kernel'
import { bundleName, deltaName, manifestSchema, type DeltaOf, type Manifest } from '../manifest.ts'
import { makeDelta } from './delta.ts'
import type { SigningKey } from './keys.ts'

const DAY_MS = 86_400_000
const SPEC = '1.0.31'
/** How long a signature is good: what a box that is cut off from the feed may still be given. */
export const validDays = { root: 365, targets: 90, snapshot: 30, timestamp: 14 } as const

export type Role = keyof typeof validDays
const roleNames = ['root', 'timestamp', 'snapshot', 'targets'] as const satisfies readonly Role[]
/** Who signs what, and how many of them it takes. */
export type Signers = Readonly<Record<Role, { readonly keys: readonly Key[]; readonly threshold: number }>>

export type Repository = { readonly dir: string; readonly now: number }
type Document = Metadata<Root> | Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>

const expiry = ({ now }: Repository, role: Role): string =>
  new Date(now + validDays[role] * DAY_MS).toISOString().replace(/\.\d{3}Z$/, 'Z')

const metadataFile = ({ dir }: Repository, name: string): string => join(dir, 'metadata', `${name}.json`)
const textOf = (document: Document): string => `${JSON.stringify(document.toJSON(), undefined, 1)}\n`

const put = (repository: Repository, name: string, document: Document): string => {
  mkdirSync(join(repository.dir, 'metadata'), { recursive: true })
  const text = textOf(document)
  writeDurably(metadataFile(repository, name), text, 0o644)
  return text
}

const read = (repository: Repository, name: string): Record<string, never> =>
  JSON.parse(readFileSync(metadataFile(repository, name), 'utf8')) as Record<string, never>

/** The highest version of a role that is kept by version; 0 when there is none. */
const latest = ({ dir }: Repository, role: Role): number => {
  const folder = join(dir, 'metadata')
  const versions = existsSync(folder) ? readdirSync(folder) : []
  return Math.max(0, ...versions.map((name) => Number(new RegExp(`^(\\d+)\\.${role}\\.json$`).exec(name)?.[1] ?? 0)))
}

export const signAll = <D extends Document>(document: D, keys: readonly SigningKey[]): D => {
  for (const { sign } of keys) document.sign(sign)
  return document
}

export const currentRoot = (repository: Repository): Metadata<Root> =>
  Metadata.fromJSON(MetadataKind.Root, read(repository, `${latest(repository, 'root')}.root`))

/**
 * The next root: who signs from now on. It has to be signed by enough of those who signed for the one before, and by
 * enough of its own. A key that is left out of it is revoked for every box that has read it.
 */
export const nextRoot = (repository: Repository, signers: Signers): Metadata<Root> => {
  const version = latest(repository, 'root') + 1
  const expires = expiry(repository, 'root')
  const root = new Root({ version, specVersion: SPEC, expires, consistentSnapshot: true })
  for (const role of roleNames) {
    for (const key of signers[role].keys) root.addKey(key, role)
    Object.assign(root.roles[role]!, { threshold: signers[role].threshold })
  }
  return new Metadata(root)
}

/** Puts a root or a list of releases into the feed; throws where too few have signed it. */
export const take = (repository: Repository, document: Metadata<Root> | Metadata<Targets>): void => {
  const { type, version } = document.signed
  if (version !== latest(repository, type) + 1) throw new Error(`version ${version} is not the next one of ${type}`)
  if (type === MetadataKind.Root) document.verifyDelegate('root', document)
  if (type !== MetadataKind.Root || version > 1) currentRoot(repository).verifyDelegate(type, document)
  put(repository, `${version}.${type}`, document)
}

/** Where people sign one after the other, each at home: what is not taken yet, as a file. */
export const draftText = textOf
export const readDraft = (text: string): Metadata<Root> | Metadata<Targets> => {
  const data = JSON.parse(text) as Parameters<typeof Root.fromJSON>[0]
  try {
    return Metadata.fromJSON(MetadataKind.Root, data)
  } catch {
    return Metadata.fromJSON(MetadataKind.Targets, data)
  }
}

export const writeRoot = (repository: Repository, signers: Signers, keys: readonly SigningKey[]): void =>
  take(repository, signAll(nextRoot(repository, signers), keys))

/** Who signs now, as the current root says. */
export const signersOf = (repository: Repository): Signers => {
  const { signed } = currentRoot(repository)
  const of = (role: Role) => {
    const { keyIDs, threshold } = signed.roles[role]!
    return { keys: keyIDs.map((id) => signed.keys[id]!), threshold }
  }
  return { root: of('root'), targets: of('targets'), snapshot: of('snapshot'), timestamp: of('timestamp') }
}

const currentTargets = (repository: Repository): Targets => {
  const version = latest(repository, 'targets')
  const signed =
    version > 0 ? Metadata.fromJSON(MetadataKind.Targets, read(repository, `${version}.targets`)).signed : undefined
  return new Targets({
    version: version + 1,
    specVersion: SPEC,
    expires: expiry(repository, 'targets'),
    targets: signed?.targets ?? {},
  })
}

const metaOf = (version: number, text: string): MetaFile =>
  new MetaFile({ version, length: Buffer.byteLength(text), hashes: { sha256: hash('sha256', text) } })

/** Signs the state of the feed anew: what every change ends with, and what a machine does each day. */
export const refresh = (repository: Repository, online: readonly SigningKey[]): void => {
  const targetsVersion = latest(repository, 'targets')
  const targets = readFileSync(metadataFile(repository, `${targetsVersion}.targets`), 'utf8')
  const version = latest(repository, 'snapshot') + 1
  const common = { specVersion: SPEC, version }
  const snapshot = new Snapshot({
    ...common,
    expires: expiry(repository, 'snapshot'),
    meta: { 'targets.json': metaOf(targetsVersion, targets) },
  })
  const text = put(repository, `${version}.snapshot`, signAll(new Metadata(snapshot), online))
  const timestamp = new Timestamp({
    ...common,
    expires: expiry(repository, 'timestamp'),
    snapshotMeta: metaOf(version, text),
  })
  put(repository, 'timestamp', signAll(new Metadata(timestamp), online))
}

/** The releases as they are: to be signed anew before they expire, or none for a new feed. */
export const sameReleases = (repository: Repository): Metadata<Targets> => new Metadata(currentTargets(repository))

const sha256Of = async (file: string): Promise<string> => {
  const made = createHash('sha256')
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) made.update(piece)
  return made.digest('hex')
}

const layIn = async ({ dir }: Repository, file: string, name: string): Promise<{ sha256: string; length: number }> => {
  const sha256 = await sha256Of(file)
  mkdirSync(join(dir, 'targets'), { recursive: true })
  const target = join(dir, 'targets', `${sha256}.${name}`)
  if (target !== file) copyFileSync(file, target)
  return { sha256, length: statSync(file).size }
}

/** Lays a bundle into the feed; nobody sees it until the list that names it is taken. */
export const withRelease = async (
  repository: Repository,
  manifest: Manifest,
  bundle: string,
): Promise<Metadata<Targets>> => {
  const custom = manifestSchema.parse(manifest)
  const name = bundleName(custom)
  const targets = currentTargets(repository)
  const fields = { custom: JSON.parse(JSON.stringify(custom)) as Record<string, never> }
  const { sha256, length } = await layIn(repository, bundle, name)
  targets.addTarget(new TargetFile({ path: name, length, hashes: { sha256 }, unrecognizedFields: fields }))
  return new Metadata(targets)
}

/** Lays a delta into the feed, for boxes that run its `from`. */
export const withDeltaFile = async (
  repository: Repository,
  delta: DeltaOf,
  file: string,
): Promise<Metadata<Targets>> => {
  const targets = currentTargets(repository)
  const path = deltaName(delta)
  const { sha256, length } = await layIn(repository, file, path)
  targets.addTarget(new TargetFile({ path, length, hashes: { sha256 }, unrecognizedFields: { custom: { delta } } }))
  return new Metadata(targets)
}

/**
 * Makes a delta of two releases that are in the feed, and lays it in. Throws where it would save less than half of the
 * way.
 */
export const withDelta = async (repository: Repository, name: string, fromName: string): Promise<Metadata<Targets>> => {
  const { targets } = currentTargets(repository)
  const bundleOf = (bundle: string) => {
    const target = targets[bundle]
    if (target === undefined) throw new Error(`the feed has no ${bundle}`)
    const file = join(repository.dir, 'targets', `${target.hashes['sha256']}.${bundle}`)
    return { ...manifestSchema.parse(target.custom), file, length: target.length }
  }
  const [to, from] = [bundleOf(name), bundleOf(fromName)]
  const made = makeDelta(from.file, to.file)
  try {
    const { size } = statSync(made)
    if (size * 2 > to.length) throw new Error(`a delta of ${size} octets for a bundle of ${to.length}: it does not pay`)
    return await withDeltaFile(repository, { version: to.version, arch: to.arch, from: from.version }, made)
  } finally {
    rmSync(dirname(made), { recursive: true })
  }
}

/** Says something else about a release that is in the feed. */
export const withChange = (
  repository: Repository,
  name: string,
  change: Partial<Pick<Manifest, 'rings' | 'withdrawn' | 'notes'>>,
): Metadata<Targets> => {
  const targets = currentTargets(repository)
  const target = targets.targets[name]
  if (target === undefined) throw new Error(`the feed has no ${name}`)
  const custom = manifestSchema.parse({ ...target.custom, ...change })
  const fields = { ...target.unrecognizedFields, custom: JSON.parse(JSON.stringify(custom)) as Record<string, never> }
  const { path, length, hashes } = target
  targets.addTarget(new TargetFile({ path, length, hashes, unrecognizedFields: fields }))
  return new Metadata(targets)
}
