/**
 * The two halves of a box that updates itself: Lango, which may do nothing to the machine, writes what it wants, and
 * a root service of the image, which knows no business, does it and tells how it goes. These files are all there is
 * between them. Whoever reads one validates it; each is written beside and renamed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeDurably } from '@lango/kernel'
import { sha256Schema, versionSchema } from './manifest.ts'

export const slotNames = ['A', 'B'] as const
export type SlotName = (typeof slotNames)[number]

/** `unknown`: nothing was ever installed there, or nobody can tell. */
export const slotStates = ['good', 'bad', 'unknown'] as const

/**
 * `idle`: nothing goes on. `verifying`, `writing`: an install. `installed`: the other slot has it, and it runs after a
 * restart. `rebooting`. `trial`: it runs, and has to show that it serves. `good`: it has. `rolled-back`: it has not, and
 * the slot before runs again. `refused`: the bundle was not installed.
 */
export const updatePhases = [
  'idle',
  'verifying',
  'writing',
  'installed',
  'rebooting',
  'trial',
  'good',
  'rolled-back',
  'refused',
] as const

/** `/run/lango-os/update.json`, written by the root service. */
export const updateStatusSchema = z.object({
  /** The one that runs. */
  slot: z.enum(slotNames),
  versions: z.object({ A: versionSchema.nullable(), B: versionSchema.nullable() }),
  states: z.object({ A: z.enum(slotStates), B: z.enum(slotStates) }),
  phase: z.enum(updatePhases),
  /** Of `verifying` and `writing`. */
  percent: z.number().int().min(0).max(100),
  /** What this phase is about: the version that is or was to be installed. */
  version: versionSchema.nullable().default(null),
  /** Of `refused` and `rolled-back`: in words of the root service (`signature`, `health: login Access-Reject`, …). */
  why: z.string().max(500),
  /** Epoch ms, when this phase began. */
  at: z.number().int(),
})
export type UpdateStatus = z.infer<typeof updateStatusSchema>

/** `install-wanted.json`. The bundle is an absolute path that root reads; the hash is what was signed in the feed. */
export const installWantedSchema = z.strictObject({
  bundle: z.string().regex(/^\/[^\0]{1,1000}$/),
  sha256: sha256Schema,
  /** Set: `bundle` is a delta with this hash, to be laid over what runs; `sha256` is of what it makes. */
  deltaSha256: sha256Schema.optional(),
  version: versionSchema,
  /** Epoch ms; a wish that is the same in all else and was made later is another wish. */
  at: z.number().int(),
})
export type InstallWanted = z.infer<typeof installWantedSchema>

/** `reboot-wanted.json`. */
export const rebootWantedSchema = z.strictObject({ at: z.number().int(), why: z.enum(['update', 'asked']) })
export type RebootWanted = z.infer<typeof rebootWantedSchema>

/** How `why` begins where a delta was no use: the whole bundle may be. */
export const DELTA_WHY = 'delta: '

export const osFiles = {
  installWanted: 'install-wanted.json',
  rebootWanted: 'reboot-wanted.json',
  sshWanted: 'ssh-wanted.json',
  updateStatus: 'update.json',
} as const

/** How Lango sees its machine's slots. */
export interface Slots {
  /** Undefined where the root service has told nothing (yet), or nothing that can be read. */
  status(): UpdateStatus | undefined
  /** Asks for a bundle to be put into the slot that does not run. Throws where the wish cannot be written. */
  install(wanted: InstallWanted): void
  /** Takes the wish back; an install that has begun goes on. */
  forgetInstall(): void
  reboot(wanted: RebootWanted): void
}

/** `wishes`: `LANGO_OS_DIR`; `told`: `/run/lango-os`. */
export const slotsOnFiles = (wishes: string, told: string): Slots => {
  const wish = (name: string, content: unknown): void => {
    mkdirSync(wishes, { recursive: true })
    // The root service reads what it is given; nothing in it is secret.
    writeDurably(join(wishes, name), `${JSON.stringify(content)}\n`, 0o644)
  }
  return {
    status: () => readJson(join(told, osFiles.updateStatus), updateStatusSchema),
    install: (wanted) => wish(osFiles.installWanted, wanted),
    forgetInstall: () => rmSync(join(wishes, osFiles.installWanted), { force: true }),
    reboot: (wanted) => wish(osFiles.rebootWanted, wanted),
  }
}
