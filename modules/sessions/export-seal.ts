/**
 * A file that leaves the box as evidence carries a seal: whoever holds the box can tell later whether it is the file
 * that was given out, unchanged. Sealed is the manifest: what the file is, its SHA-256, who took it, when and of which
 * stretch of time.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ok, type Vault } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'

const SEAL_PURPOSE = 'exports.seal'

const manifestSchema = z.object({
  format: z.literal('lango-export/1'),
  file: z.string().max(100),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.number().int().min(0),
  /** ISO 8601, in UTC. */
  from: z.string(),
  to: z.string(),
  filters: z.record(z.string().max(20), z.string().max(253)),
  site: z.string().max(253),
  exportedAt: z.string(),
  exportedBy: z.string().max(253),
})
export type Manifest = z.output<typeof manifestSchema>

export const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** One text for one manifest, however it was written down: names in order, no blanks. */
const canonical = (manifest: Manifest): string => {
  const sorted = (value: object) => Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify(sorted({ ...manifest, filters: sorted(manifest.filters) }))
}

const sealOf = (vault: Pick<Vault, 'keyedHash'>, manifest: Manifest): string =>
  vault.keyedHash(canonical(manifest), SEAL_PURPOSE)

/** Seals what is given out, and with that writes into the audit log who took it. */
export const sealExport = defineCommand({
  name: 'sessions.sealExport',
  permission: 'sessions.read',
  isInternal: true,
  input: manifestSchema.omit({ format: true, exportedAt: true, exportedBy: true }),
  handle(ctx, input) {
    const { kind, id } = ctx.actor
    const manifest: Manifest = {
      format: 'lango-export/1',
      ...input,
      exportedAt: new Date(ctx.now).toISOString(),
      exportedBy: `${kind} ${id}`,
    }
    return ok({ manifest, seal: sealOf(ctx.vault, manifest) })
  },
})

/** What is wrong with a file and its manifest; undefined when this box gave out exactly these. */
export const exportFault = (
  vault: Pick<Vault, 'keyedHash'>,
  content: string | Uint8Array,
  { manifest, seal }: { readonly manifest: unknown; readonly seal: string },
): 'manifest' | 'seal' | 'file' | undefined => {
  const read = manifestSchema.safeParse(manifest)
  if (!read.success) return 'manifest'
  if (sealOf(vault, read.data) !== seal) return 'seal'
  return sha256Of(content) === read.data.sha256 ? undefined : 'file'
}
