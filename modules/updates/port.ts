/** What the module needs of the machine and of the world. Filled by `firmware/`, whose types these are by shape. */
import type { Fault, Result } from '@lango/kernel'

export const rings = ['canary', 'early', 'all'] as const
export type Ring = (typeof rings)[number]

/** A release as the feed has signed it. */
export type Release = {
  readonly name: string
  readonly version: string
  readonly arch: 'amd64' | 'arm64'
  /** What it makes of the databases, and the oldest schema whose release may still serve them then. */
  readonly schema: number
  readonly minReader: number
  /** The oldest release that may go to it in one step. */
  readonly minVersion: string
  /** From when each ring may have it, ISO 8601. */
  readonly rings: { readonly [R in Ring]?: string | undefined }
  readonly withdrawn: boolean
  readonly notes: { readonly en: string; readonly sw: string }
  readonly sizeBytes: number
  readonly sha256: string
  /** What makes it of a release that runs: loaded in its place where `from` does. Earlier releases kept none. */
  readonly deltas?: readonly {
    readonly name: string
    readonly from: string
    readonly sizeBytes: number
    readonly sha256: string
  }[]
}

type Slot = 'A' | 'B'
export type SlotsStatus = {
  readonly slot: Slot
  readonly versions: Readonly<Record<Slot, string | null>>
  readonly states: Readonly<Record<Slot, 'good' | 'bad' | 'unknown'>>
  readonly phase:
    | 'idle'
    | 'verifying'
    | 'writing'
    | 'installed'
    | 'rebooting'
    | 'trial'
    | 'good'
    | 'rolled-back'
    | 'refused'
  readonly percent: number
  readonly version: string | null
  readonly why: string
  /** Epoch ms. */
  readonly at: number
}

export type Machine = SlotsStatus & { readonly quietHour: number }

/** What hinders an install now. */
export type Hindrance = 'backup' | 'sale'

export interface UpdatePort {
  /** Undefined while the root service of the image has told nothing. */
  readonly status: () => SlotsStatus | undefined
  /** What this release makes of the databases, and what they ask of a release. */
  readonly data: () => { readonly schema: number; readonly minReader: number }
  readonly arch: 'amd64' | 'arm64'
  /** Session seconds by hour of the week (0 is Monday 00:00 at the site), of the last weeks. */
  readonly busyHours: () => readonly number[]
  readonly hourOfWeek: (at: number) => number
  readonly hindrance: () => Hindrance | undefined
  /** Everything in the feed at a place: `https://…`, or a folder from /. Never rejects for what the place does. */
  readonly check: (place: string) => Promise<Result<readonly Release[], Fault>>
  /** Puts a release, or its delta, on the disk, going on where it stopped; the file. `rateKbps` 0: as fast as it goes. */
  readonly download: (
    release: Release,
    place: string,
    rateKbps: () => number,
    signal: AbortSignal,
  ) => Promise<Result<string, Fault>>
  readonly downloadedBytes: (release: Release) => number
  /** Removes what was downloaded. */
  readonly clean: () => void
  /** Asks the root service to put it into the slot that does not run. */
  readonly install: (release: Release, file: string, at: number) => void
  readonly reboot: (at: number) => void
}
