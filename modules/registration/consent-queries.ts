/** Who has agreed to what, for the desk and as a file. */
import { and, eq, isNotNull, isNull, lt } from 'drizzle-orm'
import { z } from 'zod'
import { countRows, defineQuery, descending, type Reader } from '@lango/kernel/db'
import { staff } from '../people/tables.ts'
import { purposes } from './rules.ts'
import { consents, consentTexts } from './tables.ts'

const ROWS_MAX = 500
const tables = { consents, consentTexts, staff }

const ofInput = {
  /** The id of the last one of the page before. */
  before: z.string().max(64).optional(),
  limit: z.number().int().min(1).max(ROWS_MAX).default(50),
}

const withWords = ({ db, consents, consentTexts: texts, staff, ref }: Reader<typeof tables>) =>
  db
    .select({
      id: consents.id,
      by: consents.by,
      contact: consents.contact,
      purpose: consents.purpose,
      version: texts.version,
      language: texts.language,
      text: texts.text,
      givenAt: consents.givenAt,
      place: consents.place,
      withdrawnAt: consents.withdrawnAt,
      withdrawnBy: consents.withdrawnBy,
      withdrawer: staff.name,
    })
    .from(consents)
    .innerJoin(texts, ref(consents.textId, texts.id))
    .leftJoin(staff, ref(consents.withdrawnBy, staff.id))

/** What was agreed to, the latest first: of one contact, of one purpose, or all. */
export const listConsents = defineQuery({
  name: 'consents.list',
  summary: 'Lists who has agreed to what, in which words, when and where, the latest first, and who has taken it back.',
  permission: 'subscribers.read',
  input: z.object({
    ...ofInput,
    purpose: z.enum(purposes).optional(),
    /** A number in E.164, or an e-mail address. */
    contact: z.string().max(254).optional(),
    isWithdrawn: z.boolean().optional(),
  }),
  tables,
  examples: [
    {},
    { purpose: 'offers', isWithdrawn: true },
    { contact: 'a', isWithdrawn: false },
    { before: 'z', limit: 3 },
  ],
  select: (read, { before, limit, purpose, contact, isWithdrawn }) => {
    const { consents: rows } = read
    const withdrawn = isWithdrawn === true ? isNotNull(rows.withdrawnAt) : isNull(rows.withdrawnAt)
    return withWords(read)
      .where(
        and(
          before === undefined ? undefined : lt(rows.id, before),
          purpose === undefined ? undefined : eq(rows.purpose, purpose),
          contact === undefined ? undefined : eq(rows.contact, contact),
          isWithdrawn === undefined ? undefined : withdrawn,
        ),
      )
      .orderBy(descending(rows.id), ...read.byKey(rows))
      .limit(limit)
  },
  shape: (rows) => rows,
})

/** One of them; undefined when there is none. */
export const showConsent = defineQuery({
  name: 'consents.show',
  summary: 'Shows one consent by its id, with the words that were agreed to; null when there is none.',
  permission: 'subscribers.read',
  input: z.object({ id: z.string().max(64) }),
  tables,
  examples: [{ id: 'consents_1' }, { id: 'a' }],
  select: (read, { id }) =>
    withWords(read)
      .where(eq(read.consents.id, id))
      .orderBy(...read.byKey(read.consents)),
  shape: ([found]) => found,
})

/** Who wants messages now: a list to send to, with the proof beside each. */
export const consentsToSend = defineQuery({
  name: 'consents.toSend',
  summary: 'Lists the contacts that want offers by message now, with the words that were agreed to, the latest first.',
  permission: 'consents.export',
  input: z.object(ofInput),
  tables,
  examples: [{}, { before: 'z', limit: 3 }],
  select: (read, { before, limit }) => {
    const { consents: rows } = read
    const wanted = and(eq(rows.purpose, 'offers'), isNull(rows.withdrawnAt))
    return withWords(read)
      .where(and(wanted, before === undefined ? undefined : lt(rows.id, before)))
      .orderBy(descending(rows.id), ...read.byKey(rows))
      .limit(limit)
  },
  shape: (rows) => rows,
})

/** How many want messages now. */
export const countConsents = defineQuery({
  name: 'consents.count',
  summary: 'Counts the contacts that want offers by message now.',
  permission: 'subscribers.read',
  input: z.object({}),
  tables: { consents },
  select: ({ db, consents: rows }) =>
    db
      .select({ count: countRows() })
      .from(rows)
      .where(and(eq(rows.purpose, 'offers'), isNull(rows.withdrawnAt))),
  shape: ([row]) => row?.count ?? 0,
})
