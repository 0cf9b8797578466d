/** Support bundles of a running box. */
import { extname } from 'node:path'
import { ok, type Fault, type Result } from '@lango/kernel'
import type { BoxStatus } from '../doctor/check.ts'
import type { DataFolder } from '../data-folder.ts'
import { answerOf } from '../one-shot-thread.ts'

export type SupportBundle = {
  /** `lango-support-20261127T1405.zip` */
  readonly name: string
  /** Base64: it goes through the box's own socket too. */
  readonly zip: string
}

export type SupportDeps = {
  readonly folder: DataFolder
  readonly now: () => number
  readonly metrics: () => string
}

export const bundleName = (at: number): string =>
  `lango-support-${new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}.zip`

/** By name, as the desk and the box's own socket ask for it. */
export const supportActions = ({ folder, now, metrics }: SupportDeps, status: () => BoxStatus) => ({
  'support.bundle': async (): Promise<Result<SupportBundle, Fault>> => {
    const url = new URL(`./support-thread${extname(import.meta.url)}`, import.meta.url)
    const asked = { folder, status: status(), now: now(), full: false, metrics: metrics() }
    const made = await answerOf<Result<Uint8Array, Fault>>(url, 'support', asked)
    if (!made.ok) return made
    return ok({ name: bundleName(now()), zip: Buffer.from(made.value).toString('base64') })
  },
})
