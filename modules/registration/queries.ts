import { and, eq, gt, isNull, lt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countRows, defineQuery, descending, startsWith } from '@lango/kernel/db'
import { prefixesOf } from '../messages/index.ts'
import { messageSenders } from '../messages/tables.ts'
import { plans } from '../plans/tables.ts'
import { defaultSettings, type Settings } from '../settings/index.ts'
import { settings } from '../settings/tables.ts'
import { HOUR_MS, channelFor, confirmations, type Confirmation } from './rules.ts'
import { consents, registrations } from './tables.ts'

const PAGE_ROWS_MAX = 200

/** What people may take by themselves now, for the public page: plans whose codes can be sent. */
export const registrationOffer = defineQuery({
  name: 'registration.offer',
  permission: 'system',
  input: z.object({}),
  tables: { plans, messageSenders, settings, consents },
  select: ({ db, plans, messageSenders: senders, settings, consents, byKey }) => ({
    free: db
      .select()
      .from(plans)
      .where(and(eq(plans.status, 'active'), eq(plans.priceMinor, 0)))
      .orderBy(ascending(plans.name), ...byKey(plans)),
    senders: db
      .select()
      .from(senders)
      .orderBy(...byKey(senders)),
    set: db
      .select({ id: settings.id, value: settings.value })
      .from(settings)
      .where(startsWith(settings.id, 'consent'))
      .orderBy(...byKey(settings)),
    wanted: db
      .select({ count: countRows() })
      .from(consents)
      .where(and(eq(consents.purpose, 'offers'), isNull(consents.withdrawnAt))),
  }),
  shape({ free, senders, set, wanted: [wanted] }) {
    const sms = senders.find(({ id }) => id === 'sms')?.config
    const canSend = (by: keyof typeof channelFor): boolean => senders.some(({ id }) => id === channelFor[by])
    return {
      plans: free.flatMap(({ selfRegistration: by, ...plan }) =>
        by !== 'off' && canSend(by) ? [{ ...plan, by }] : [],
      ),
      /** How numbers begin that get codes, the first at home. */
      prefixes: sms ? prefixesOf(sms) : [],
      offers: offersIn(
        set,
        confirmations.filter((by) => canSend(by)),
        wanted?.count ?? 0,
      ),
    }
  },
})

/** Whether and how people are asked if they want messages about what is sold. */
const offersIn = (
  set: readonly { readonly id: string; readonly value: unknown }[],
  by: readonly Confirmation[],
  wanted: number,
) => {
  const { consentOffers, consentWordsEn, consentWordsSw } = {
    ...defaultSettings,
    ...Object.fromEntries(set.map(({ id, value }) => [id, value])),
  } as Settings
  const isAsked = consentOffers && by.length > 0
  return {
    isAsked,
    by,
    /** The owner's own words; '' for ours. */
    words: { en: consentWordsEn, sw: consentWordsSw },
    /** Whoever has agreed can take it back as long as anybody has. */
    mayStop: isAsked || wanted > 0,
  }
}

/** Who has registered or tried to, newest first; `before` is the number of the last one of the page before. */
export const listRegistrations = defineQuery({
  name: 'registration.list',
  summary: 'Lists who has registered by themselves or tried to, the newest first.',
  permission: 'subscribers.read',
  input: z.object({
    before: z.number().int().default(Number.MAX_SAFE_INTEGER),
    state: z.enum(['waiting', 'done', 'refused']).optional(),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(50),
  }),
  tables: { registrations, plans },
  examples: [{}, { before: 10, limit: 3 }, { state: 'refused' }],
  select: ({ db, registrations: rows, plans, ref }, { before, state, limit }) =>
    db
      .select({
        no: rows.no,
        by: rows.by,
        contact: rows.contact,
        name: rows.name,
        plan: plans.name,
        state: rows.state,
        reason: rows.reason,
        tries: rows.tries,
        createdAt: rows.createdAt,
        codeExpiresAt: rows.codeExpiresAt,
        endedAt: rows.endedAt,
        serviceId: rows.serviceId,
      })
      .from(rows)
      .leftJoin(plans, ref(rows.planId, plans.id))
      .where(and(lt(rows.no, before), state === undefined ? undefined : eq(rows.state, state)))
      .orderBy(descending(rows.no))
      .limit(limit),
  shape: (rows) => rows,
})

/** Codes that were asked for within the last hour, which all together have a limit. */
export const countCodes = defineQuery({
  name: 'registration.codes',
  summary: 'Counts the codes that were asked for within the last hour, which all together have a limit.',
  permission: 'subscribers.read',
  input: z.object({ now: z.number().int() }),
  tables: { registrations },
  examples: [{ now: 0 }, { now: Number.MAX_SAFE_INTEGER }],
  select: ({ db, registrations: rows }, { now }) =>
    db
      .select({ count: countRows() })
      .from(rows)
      .where(gt(rows.createdAt, now - HOUR_MS)),
  shape: ([row]) => row?.count ?? 0,
})
