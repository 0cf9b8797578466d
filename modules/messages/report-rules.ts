/** What a provider tells of a message after it has taken it. At best it changes what stands in a list. Pure. */
import { z } from 'zod'
import { messageLimits, type MessageState } from './rules.ts'

export const reportSchema = z.object({
  /** The provider's name of the message; undefined where it was told by the address alone. */
  providerId: z.string().min(1).max(messageLimits.providerIdLengthMax).optional(),
  state: z.enum(['delivered', 'undelivered']),
  reason: z.string().max(messageLimits.reasonLengthMax).nullable(),
})
export type Report = z.output<typeof reportSchema>

/** Told before the provider's answer was written down. */
export type EarlyReport = Report & { readonly providerId: string }

/** What of it counts once it is known how the provider calls the message. */
export const toldEarly = (
  early: EarlyReport | null,
  providerId: string | null,
): Pick<Report, 'state' | 'reason'> | undefined =>
  early?.providerId === providerId ? { state: early.state, reason: early.reason } : undefined

type Row = {
  readonly state: MessageState
  readonly providerId: string | null
  readonly early: EarlyReport | null
}

export type Change = {
  readonly state?: 'delivered' | 'undelivered'
  readonly providerId?: string
  readonly reason?: string | null
  readonly early?: EarlyReport | null
  /** It has arrived: its text is of no use any more. */
  readonly body?: null
}

/**
 * What it changes; undefined where that is nothing. `isOwn`: posted to an address of this message alone. Any try that
 * arrived is the message's arrival, and nothing comes after it; that one failed is said of the last alone.
 */
export const afterReport = (row: Row, report: Report, isOwn: boolean): Change | undefined => {
  const { providerId, state, reason } = report
  if (row.state === 'delivered') return undefined
  if (isOwn && state === 'delivered') return arrived(providerId)
  if (row.state === 'waiting')
    return row.early === null && providerId !== undefined ? { early: { providerId, state, reason } } : undefined
  const isLast = providerId === undefined ? isOwn : providerId === row.providerId
  if (!isLast) return undefined
  if (state === 'delivered') return arrived(providerId)
  return row.state === 'accepted' ? { state, reason } : undefined
}

const arrived = (providerId: string | undefined): Change => ({
  state: 'delivered',
  reason: null,
  early: null,
  body: null,
  ...(providerId !== undefined && { providerId }),
})
