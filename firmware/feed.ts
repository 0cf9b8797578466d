/**
 * The feed of releases: a TUF repository, so that whoever holds its place, one of its keys, or an old copy of it cannot
 * bring a box to run what was not released for it (X25).
 *
 * What was verified is one file, `trust.json`, written whole: the library works in a folder that is thrown away, as it
 * writes its files where a power cut may halve them, and a halved timestamp would be passed over, with its protection
 * against older ones.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata, MetadataKind } from '@tufjs/models'
import { Updater, type Fetcher } from 'tuf-js'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { z } from 'zod'
import { defineLimits, err, ok, type Result, writeDurably } from '@lango/kernel'
import { bundleName, deltaName, deltaTargetSchema, targetSchema, type Delta, type Release } from './manifest.ts'
import { SourceError, TooMuchError, type Source } from './source.ts'

export const feedLimits = defineLimits({
  rootRotations: 64,
  rootBytes: 64 * 1024,
  timestampBytes: 16 * 1024,
  snapshotBytes: 64 * 1024,
  targetsBytes: 1024 * 1024,
})

export type FeedFault =
  /** The root of trust that came with the image is not there, or is none. */
  | { readonly type: 'TrustMissing'; readonly file: string; readonly cause: string }
  /** Nobody answers, or not in time. */
  | { readonly type: 'FeedUnreachable'; readonly cause: string }
  /** What was signed is past its date: somebody holds newer ones back, or nobody has signed anew. */
  | { readonly type: 'FeedExpired'; readonly role: string; readonly expiredAt: number | undefined }
  /** Not signed by whom it should be, older than what was seen, parts that do not belong together, or too long. */
  | { readonly type: 'FeedRefused'; readonly cause: string }

const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const
type Role = (typeof roles)[number]
type Kept = Partial<Record<Role, string>> & { readonly root: string }
const keptSchema = z.object({
  root: z.string(),
  timestamp: z.string().optional(),
  snapshot: z.string().optional(),
  targets: z.string().optional(),
})

export type FeedOptions = {
  /** The root metadata that came with the image. */
  readonly rootFile: string
  /** What has been verified since. */
  readonly trustFile: string
}

/** All releases, whatever they are for. Only a box whose clock is sure may ask: `now`, epoch ms, judges expiry. */
export const readFeed = async (
  { rootFile, trustFile }: FeedOptions,
  source: Source,
  now: number,
): Promise<Result<readonly Release[], FeedFault>> => {
  const before = readTrust(rootFile, trustFile)
  if (!before.ok) return before
  const work = mkdtempSync(join(tmpdir(), 'lango-feed-'))
  try {
    for (const role of roles) {
      const text = before.value[role]
      if (text !== undefined) writeFileSync(join(work, `${role}.json`), text)
    }
    const fault = await refresh(work, source)
    const after = readWork(work)
    // Also after a fault: a new root takes trust away from keys, whatever was wrong with the rest.
    if (roles.some((role) => after[role] !== before.value[role])) writeDurably(trustFile, JSON.stringify(after), 0o600)
    if (fault) return err(fault)
    const late = expiredRole(after, now)
    return late ? err(late) : ok(releasesIn(after.targets!))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The newer of the image's root and the one that was rotated to. */
const readTrust = (rootFile: string, trustFile: string): Result<Kept, FeedFault> => {
  try {
    const root = readFileSync(rootFile, 'utf8')
    const version = rootVersion(root)
    const kept = readKept(trustFile)
    return ok(kept && rootVersion(kept.root) >= version ? kept : { ...kept, root })
  } catch (error) {
    return err({ type: 'TrustMissing', file: rootFile, cause: (error as Error).message })
  }
}

const rootVersion = (text: string): number => Metadata.fromJSON(MetadataKind.Root, JSON.parse(text)).signed.version

/** Where it cannot be read the image's root begins anew; what the box has accepted is remembered elsewhere too. */
const readKept = (trustFile: string): Kept | undefined => {
  try {
    const kept = keptSchema.parse(JSON.parse(readFileSync(trustFile, 'utf8'))) as Kept
    rootVersion(kept.root)
    return kept
  } catch {
    return undefined
  }
}

const readWork = (work: string): Kept => {
  const kept: Partial<Record<Role, string>> = {}
  for (const role of roles) {
    try {
      kept[role] = readFileSync(join(work, `${role}.json`), 'utf8')
    } catch {
      // The box has not seen one yet.
    }
  }
  return kept as Kept
}

/** The library names files by address; they are read from the source. */
const BASE = 'https://feed.invalid'

/** What the library asks for, bounded. It wraps what went wrong in texts of its own: what the place did is kept. */
class SourceFetcher implements Fetcher {
  readonly #source: Source
  failure: FeedFault | undefined

  constructor(source: Source) {
    this.#source = source
  }

  async downloadBytes(url: string, bytesMax: number): Promise<Buffer> {
    const path = `metadata${new URL(url).pathname}`
    try {
      return await this.#source.read(path, bytesMax)
    } catch (error) {
      const status = error instanceof SourceError ? error.status : undefined
      // No newer root is how the search for roots ends.
      if (status !== undefined && ABSENT.has(status)) throw new DownloadHTTPError(path, status)
      this.failure = faultOf(error, path)
      throw error
    }
  }

  downloadFile(): Promise<never> {
    return Promise.reject(new Error('bundles are not downloaded by the library'))
  }
}

const ABSENT: ReadonlySet<number> = new Set([403, 404])

const faultOf = (error: unknown, path: string): FeedFault => {
  const { message } = error as Error
  if (error instanceof TooMuchError) return { type: 'FeedRefused', cause: `${path}: ${message}` }
  return { type: 'FeedUnreachable', cause: message }
}

const refresh = async (work: string, source: Source): Promise<FeedFault | undefined> => {
  const fetcher = new SourceFetcher(source)
  try {
    const updater = new Updater({
      metadataDir: work,
      metadataBaseUrl: BASE,
      fetcher,
      config: {
        maxRootRotations: feedLimits.rootRotations,
        rootMaxLength: feedLimits.rootBytes,
        timestampMaxLength: feedLimits.timestampBytes,
        snapshotMaxLength: feedLimits.snapshotBytes,
        targetsMaxLength: feedLimits.targetsBytes,
      },
    })
    await updater.refresh()
    return undefined
  } catch (error) {
    if (fetcher.failure) return fetcher.failure
    return refusal(error as Error)
  }
}

/** Some errors reach us as text only: the library makes one of its own out of them. */
const refusal = (error: Error): FeedFault => {
  const [, missing] = /DownloadHTTPError: (\S+)/.exec(error.message) ?? []
  if (error instanceof DownloadHTTPError || missing !== undefined)
    return { type: 'FeedUnreachable', cause: `${missing ?? error.message} is not there` }
  const [, role] = /(root|timestamp|snapshot|targets)\.json is expired/.exec(error.message) ?? []
  if (role !== undefined) return { type: 'FeedExpired', role, expiredAt: undefined }
  return { type: 'FeedRefused', cause: error.message }
}

const signedSchema = z.object({ signed: z.object({ expires: z.string() }) })

/** By the box's own clock, which never runs behind what it has committed. */
const expiredRole = (kept: Kept, now: number): FeedFault | undefined => {
  for (const role of roles) {
    const expiredAt = Date.parse(signedSchema.parse(JSON.parse(kept[role]!)).signed.expires)
    if (!(expiredAt > now)) return { type: 'FeedExpired', role, expiredAt }
  }
  return undefined
}

const targetsSchema = z.object({ signed: z.object({ targets: z.record(z.string(), z.unknown()) }) })

/** What is no release of this form is passed over: a later release may have more to say than this one understands. */
const releasesIn = (text: string): readonly Release[] => {
  const targets = Object.entries(targetsSchema.parse(JSON.parse(text)).signed.targets)
  return targets.flatMap(([name, target]) => {
    const parsed = targetSchema.safeParse(target)
    if (!parsed.success || name !== bundleName(parsed.data.custom)) return []
    const { custom, length, hashes } = parsed.data
    const deltas = targets.flatMap((other) => deltaIn(other, custom))
    return [{ ...custom, name, sizeBytes: length, sha256: hashes.sha256, deltas }]
  })
}

const deltaIn = ([name, target]: [string, unknown], { version, arch }: Pick<Release, 'version' | 'arch'>): Delta[] => {
  const parsed = deltaTargetSchema.safeParse(target)
  if (!parsed.success) return []
  const { length, hashes, custom } = parsed.data
  const { delta } = custom
  if (delta.version !== version || delta.arch !== arch || name !== deltaName(delta)) return []
  return [{ name, sizeBytes: length, sha256: hashes.sha256, from: delta.from }]
}
