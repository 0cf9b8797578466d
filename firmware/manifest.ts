/** What is signed about a release beside its length and hash: the `custom` of its TUF target. */
import { z } from 'zod'
import { VERSION } from '@lango/kernel'

export const versionSchema = z.string().regex(VERSION)

export const archs = ['amd64', 'arm64'] as const
/** Who gets a release first. */
export const rings = ['canary', 'early', 'all'] as const
export type Ring = (typeof rings)[number]

const NOTES_LENGTH_MAX = 4000
const notes = z.string().max(NOTES_LENGTH_MAX)
const schemaNumber = z.number().int().min(1).max(1_000_000)

export const manifestSchema = z.strictObject({
  version: versionSchema,
  arch: z.enum(archs),
  /** What it makes of the databases, and the oldest release (by its schema) that may still serve them then. */
  schema: schemaNumber,
  minReader: schemaNumber,
  /** The oldest release that may go to this one in one step. */
  minVersion: versionSchema,
  /** From when each ring may have it, ISO 8601; a ring that is not named may not yet. */
  rings: z.strictObject({
    canary: z.iso.datetime().optional(),
    early: z.iso.datetime().optional(),
    all: z.iso.datetime().optional(),
  }),
  /** Called back: nobody takes it any more. */
  withdrawn: z.boolean().default(false),
  notes: z.strictObject({ en: notes, sw: notes }),
})
export type Manifest = z.infer<typeof manifestSchema>

/** The largest bundle that is taken, whoever has signed it. */
export const BUNDLE_BYTES_MAX = 1024 ** 3

const SHA256 = /^[0-9a-f]{64}$/
export const sha256Schema = z.string().regex(SHA256)

/** A TUF target that is a release; others are left alone. */
export const targetSchema = z.object({
  length: z.number().int().min(1).max(BUNDLE_BYTES_MAX),
  hashes: z.object({ sha256: sha256Schema }),
  custom: manifestSchema,
})

/** What is signed about a delta: what it makes of which release. */
export const deltaTargetSchema = z.object({
  length: z.number().int().min(1).max(BUNDLE_BYTES_MAX),
  hashes: z.object({ sha256: sha256Schema }),
  custom: z.strictObject({
    delta: z.strictObject({ version: versionSchema, arch: z.enum(archs), from: versionSchema }),
  }),
})
export type DeltaOf = z.infer<typeof deltaTargetSchema>['custom']['delta']

/** A part of a feed that is downloaded. */
export type Download = { readonly name: string; readonly sizeBytes: number; readonly sha256: string }
/** Makes a release of the one that runs (delta.ts); `from` is its version. */
export type Delta = Download & { readonly from: string }

export type Release = Manifest & {
  /** Its name in the feed: `lango-1.4.0-amd64.raucb`. */
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly deltas: readonly Delta[]
}

export const bundleName = ({ version, arch }: Pick<Manifest, 'version' | 'arch'>): string =>
  `lango-${version}-${arch}.raucb`

export const deltaName = ({ version, arch, from }: DeltaOf): string => `lango-${version}-${arch}-from-${from}.delta`
