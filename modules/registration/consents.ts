/** What people have agreed to: in which words, when and where; taken back by themselves or at the desk. */
import { and, desc, eq, inArray, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, destroyPersonKeys, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { readPhone } from '../customers/index.ts'
import { customers } from '../customers/tables.ts'
import { mergedInto } from '../services/index.ts'
import { createSettings } from '../settings/index.ts'
import { forgetRegistration } from './forget.ts'
import { readEmail, registrationLimits, type Agreed, type Confirmation } from './rules.ts'
import { consents, consentTexts, registrations } from './tables.ts'

/** Who took it back. */
const SELF = 'self'
/** Other words took the place of these. */
const NEWER = 'newer'

type Given = {
  readonly contact: string
  readonly by: Confirmation
  readonly agreed: readonly Agreed[]
  readonly place: string | null
}

/** Puts down what the holder of a contact, who has just confirmed it, has agreed to. */
export const giveConsents = (
  ctx: CommandContext,
  { agreed, ...given }: Given,
  customerId: string | undefined,
): void => {
  const { site } = consents
  const whose = customerId ?? customerOf(ctx, given)
  for (const one of agreed) {
    const textId = textIdOf(ctx, one)
    const standing = activeOf(ctx, given.contact, one.purpose)
    // The same once more: the first time counts.
    if (standing.some((consent) => consent.textId === textId)) continue
    takeBack(ctx, standing, NEWER)
    ctx.db
      .insert(site)
      .values({ id: ctx.ids.next('cns'), ...given, purpose: one.purpose, textId, givenAt: ctx.now, customerId: whose })
      .run()
  }
}

/** Who of the desk's customers has this contact. */
const customerOf = ({ db }: CommandContext, { by, contact }: Pick<Given, 'by' | 'contact'>): string | null => {
  const { site } = customers
  const reached = eq(by === 'phone' ? site.phone : site.email, contact)
  return (
    db
      .select({ id: site.id })
      .from(site)
      .where(and(reached, eq(site.status, 'active')))
      .get()?.id ?? null
  )
}

/** Words that were agreed to are kept for good, each with a number of its own; the same words are the same version. */
const textIdOf = (ctx: CommandContext, { purpose, language, text }: Agreed): string => {
  const { site } = consentTexts
  const same = and(eq(site.purpose, purpose), eq(site.language, language), eq(site.text, text))
  const known = ctx.db.select({ id: site.id }).from(site).where(same).get()
  if (known) return known.id
  const [id, version] = [ctx.ids.next('cnt'), ctx.counter('consent-text')]
  ctx.db.insert(site).values({ id, version, purpose, language, text, firstAt: ctx.now }).run()
  return id
}

const activeOf = ({ db }: CommandContext, contact: string, purpose: Agreed['purpose']) => {
  const { site } = consents
  const active = and(eq(site.contact, contact), eq(site.purpose, purpose), isNull(site.withdrawnAt))
  return db.select().from(site).where(active).orderBy(desc(site.givenAt)).all()
}

type Consent = typeof consents.site.$inferSelect

const takeBack = (ctx: CommandContext, given: readonly Pick<Consent, 'id'>[], by: string): void => {
  const ids = given.map(({ id }) => id)
  ctx.db
    .update(consents.site)
    .set({ withdrawnAt: ctx.now, withdrawnBy: by })
    .where(inArray(consents.site.id, ids))
    .run()
}

/** As it is kept; undefined for what can be no contact. */
const contactIn = (ctx: CommandContext, typed: string): string | undefined => {
  if (typed.includes('@')) return readEmail(typed)
  const read = readPhone(typed, createSettings(ctx.raw)().currency)
  return read.ok ? read.value : undefined
}

/** A contact under the names by which the audit log knows that it is somebody's. */
const named = (contact: string): { readonly email: string } | { readonly phone: string } =>
  contact.includes('@') ? { email: contact } : { phone: contact }

/**
 * Somebody wants no more messages. Nobody is asked to prove that it is theirs: it is to be as easy as it was to agree,
 * and who does it to another has taken an advertisement from them. Whether there was anything is not told.
 */
export const withdrawOwnConsent = defineCommand({
  name: 'consents.withdrawOwn',
  permission: 'system',
  isInternal: true,
  input: z.object({ contact: z.string().trim().min(1).max(registrationLimits.contactLengthMax) }),
  audit: ({ contact }, { value }) =>
    personalIn((value as { ids: readonly string[] } | undefined)?.ids[0], named(contact)),
  handle(ctx, { contact: typed }) {
    const contact = contactIn(ctx, typed)
    if (contact === undefined) return err({ type: 'ContactUnreadable' })
    const active = activeOf(ctx, contact, 'offers')
    takeBack(ctx, active, SELF)
    return ok({ ids: active.map(({ id }) => id) })
  },
})

const output = z.object({ contact: z.string(), consents: z.number().int() })
const which = z.object({ id: z.string().max(64) })

export type ConsentFault = { readonly type: 'ConsentUnknown'; readonly consent: string }

const consentAt = ({ db }: CommandContext, id: string): Consent | undefined =>
  db.select().from(consents.site).where(eq(consents.site.id, id)).get()

/** For whoever says at the desk that they want no more messages. */
export const withdrawConsent = defineCommand({
  name: 'consents.withdraw',
  summary: 'Takes back at the desk what somebody has agreed to get by message; that it was given stays on record.',
  output,
  permission: 'subscribers.write',
  input: which,
  audit: ({ id }, { value }) => personalIn(id, { id, ...whoseOf(value) }),
  handle(ctx, { id }) {
    const found = consentAt(ctx, id)
    if (found?.purpose !== 'offers') return err({ type: 'ConsentUnknown', consent: id })
    const active = activeOf(ctx, found.contact, 'offers')
    takeBack(ctx, active, ctx.actor.id)
    return ok({ contact: found.contact, consents: active.length })
  },
})

const whoseOf = (value: unknown): object =>
  value === undefined ? {} : named((value as z.output<typeof output>).contact)

/** For whoever wants to be forgotten, and is no customer, who would be erased with all that is theirs. */
export const forgetConsents = defineCommand({
  name: 'consents.forget',
  summary: 'Erases a contact with what it had agreed to get by message, for good.',
  output: output.omit({ contact: true }),
  permission: 'customers.erase',
  input: which,
  audit: ({ id }) => ({ id }),
  handle(ctx, { id }) {
    const found = consentAt(ctx, id)
    if (found?.purpose !== 'offers') return err({ type: 'ConsentUnknown', consent: id })
    const { site } = consents
    const gone = eraseWhere(ctx, and(eq(site.contact, found.contact), eq(site.purpose, 'offers')))
    return ok({ consents: gone })
  },
})

/** With how they were asked for, and the keys by which the audit log could tell whose they were. */
const eraseWhere = (ctx: CommandContext, which: ReturnType<typeof and>): number => {
  const gone = ctx.db.delete(consents.site).where(which).returning().all()
  destroyPersonKeys(
    ctx.raw,
    gone.map(({ id }) => id),
  )
  const { site } = registrations
  const contacts = gone.map(({ contact }) => contact)
  const asked = and(inArray(site.contact, contacts), isNull(site.planId))
  for (const { no } of ctx.db.select({ no: site.no }).from(site).where(asked).all()) forgetRegistration(ctx, no)
  return gone.length
}

/** All that a customer has agreed to, also before they were one, and those whom they have taken over. */
export const eraseConsentsOf = (ctx: CommandContext, customerId: string): void => {
  const { site } = consents
  const theirs = inArray(site.customerId, [customerId, ...mergedInto(ctx.raw, customerId)])
  const contacts = ctx.db.select({ contact: site.contact }).from(site).where(theirs)
  eraseWhere(ctx, inArray(site.contact, contacts))
}

/** All that whoever has this phone has agreed to, whether they are a customer or not. */
export const eraseConsentsOfPhone = (ctx: CommandContext, phone: string): void =>
  void eraseWhere(ctx, eq(consents.site.contact, phone))

/** That somebody took the contacts away as a file is recorded before they have it. */
export const consentsExported = defineCommand({
  name: 'consents.exported',
  permission: 'consents.export',
  isInternal: true,
  input: z.object({ rows: z.number().int(), sha256: z.string().length(64) }),
  handle: (_ctx, input) => ok(input),
})
