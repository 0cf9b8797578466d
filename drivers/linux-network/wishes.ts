/** The files between Lango, which may not touch the network, and the root service that does. Each side reads strictly. */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { BoxNetwork, NetworkPlan, NetworkStatus } from '@lango/modules/network/port'
import { readJson, writeDurably } from '@lango/kernel'
import { networkPlanSchema } from './plan.ts'

export const networkFiles = {
  wanted: 'network-wanted.json',
  confirmed: 'network-confirmed.json',
  status: 'network.json',
} as const

const hashOf = (plan: NetworkPlan): string =>
  createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 32)

const id = z.string().regex(/^[\w-]{1,64}$/)
const asked = z.strictObject({ id, plan: networkPlanSchema })
/** A plan alone came with a file that sets a new box up: nobody is there yet who could confirm it. */
const given = networkPlanSchema.transform((plan) => ({ id: `setup-${hashOf(plan)}`, plan, isKept: true as const }))
export const wantedSchema = z.union([asked, given])
export const confirmedSchema = z.strictObject({ id })
export type Wanted = { readonly id: string; readonly plan: NetworkPlan; readonly isKept?: true }

const port = z.object({
  name: z.string(),
  mac: z.string(),
  isUp: z.boolean(),
  speedMbps: z.number().nullable(),
  uses: z.array(z.string()),
  addresses: z.array(z.string()),
})
const fault = z.object({ type: z.string(), at: z.string(), about: z.string(), isWarning: z.boolean() })

/** Root's word is taken for its plan: its secrets are starred out. */
const statusSchema = z.object({
  plan: z.unknown().transform((plan) => (plan ?? null) as NetworkPlan | null),
  wishId: z.string().nullable(),
  state: z.enum(['none', 'trial', 'confirmed', 'reverted', 'refused']),
  revertsAtUptimeSec: z.number().optional(),
  ports: z.array(port),
  faults: z.array(fault.transform((one) => one as NetworkStatus['faults'][number])),
  overlayKeys: z.object({ current: z.string(), next: z.string() }).optional(),
  why: z.string(),
})

/** A wish may hold passwords: nobody but its writer and root reads it. */
const PRIVATE = 0o600

/** `wishes`: `LANGO_OS_DIR`; `told`: `/run/lango-os`. */
export const networkOnFiles = (wishes: string, told: string): BoxNetwork => {
  const leave = (name: string, content: unknown): void => {
    mkdirSync(wishes, { recursive: true })
    writeDurably(join(wishes, name), `${JSON.stringify(content)}\n`, PRIVATE)
  }
  return {
    status: () => readJson(join(told, networkFiles.status), statusSchema),
    wish: (id: string, plan: NetworkPlan) => leave(networkFiles.wanted, { id, plan }),
    wished: () => readJson(join(wishes, networkFiles.wanted), wantedSchema)?.plan,
    confirm: (id) => leave(networkFiles.confirmed, { id }),
  }
}
