/** What a box can do, as it has measured itself, and how near its load comes to that. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '@lango/kernel'
import type { DataFolder } from '../data-folder.ts'
import type { Requests } from '../machine/day-history.ts'

const CEILING_FILE = 'bench-self.json'

const figures = z.object({ perSec: z.number().positive(), p95Ms: z.number() })

const ceilingSchema = z.object({
  /** Epoch ms. */
  at: z.number(),
  /** Of the release that was measured, epoch ms. */
  releasedAt: z.number(),
  logins: figures,
  accounting: figures,
  /** Of both, without an answer within a second. */
  lost: z.number(),
  /** How busy the machine was with other things just before, of one. */
  cpuShareBefore: z.number().optional(),
  processor: z.string(),
  processors: z.number(),
  memoryOctets: z.number(),
  disk: z.string().optional(),
})

export type Ceiling = z.output<typeof ceilingSchema>

/** The last one; undefined where none was measured, or by a release that told it otherwise. */
export const readCeiling = ({ dir }: DataFolder): Ceiling | undefined => {
  try {
    return ceilingSchema.safeParse(JSON.parse(readFileSync(join(dir, CEILING_FILE), 'utf8'))).data
  } catch {
    return undefined
  }
}

export const writeCeiling = ({ dir }: DataFolder, ceiling: Ceiling): void =>
  writeDurably(join(dir, CEILING_FILE), JSON.stringify(ceiling), 0o600)

/** Where it is measured: on the disk that the box itself writes to. */
export const scratchOf = ({ dir }: DataFolder): string => join(dir, 'bench-self')

export const clearScratch = (folder: DataFolder): void => rmSync(scratchOf(folder), { recursive: true, force: true })

const SECONDS = 60

/** Of one, of the busiest minute: what logins take of the box, and accounting, together. */
export const shareOf = ({ logins, accounting }: Ceiling, minutes: readonly Requests[]): number =>
  Math.max(
    0,
    ...minutes.map(
      (minute) => minute.logins / SECONDS / logins.perSec + minute.accounting / SECONDS / accounting.perSec,
    ),
  )
