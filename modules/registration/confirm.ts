/** From a code that was typed to an account. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { ok } from '@lango/kernel'
import { fill } from '@lango/kernel/locale'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import { credentialPurpose } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { putMessage } from '../messages/index.ts'
import { addSubscriber, drawPassword } from '../services/index.ts'
import { services } from '../services/tables.ts'
import { createSettings } from '../settings/index.ts'
import { aboutOf, codeHashOf, hadAccount, isRegistered, offerOf, siteNameOf } from './commands.ts'
import { giveConsents } from './consents.ts'
import { channelFor, contactPurpose, loginOf, readCode, registrationLimits, type Refusal } from './rules.ts'
import { registeredContacts, registrations } from './tables.ts'
import { sentWords } from './words.ts'

type Registration = typeof registrations.site.$inferSelect

export type Confirmed =
  | { readonly state: 'done'; readonly login: string; readonly password: string }
  /** No account was wanted: what was agreed to is put down. */
  | { readonly state: 'noted' }
  | { readonly state: 'wrong'; readonly left: number }
  /** No such registration, its code is too old, or it was tried too often. */
  | { readonly state: 'over' }
  | { readonly state: 'refused'; readonly reason: Refusal }
  /** The clock of the box is not trusted yet, and the plan has a date. */
  | { readonly state: 'later' }

/**
 * Makes the account when the code is right: all of it, or nothing. A wrong code is an answer and no fault, since it has
 * to be counted. The same right code gives the same answer for as long as it is good, so that a page may be loaded again.
 */
export const confirmRegistration = defineCommand({
  name: 'registration.confirm',
  permission: 'system',
  isInternal: true,
  valueIsSecret: true,
  input: z.object({ token: z.string().max(64), code: secretText(z.string().max(64)) }),
  audit: (_input, { value }) => ({ state: (value as { outcome: Confirmed } | undefined)?.outcome.state }),
  handle(ctx, { token, code }) {
    const { site } = registrations
    const row = ctx.db.select().from(site).where(eq(site.token, token)).get()
    if (!row || row.tries >= registrationLimits.triesMax || row.codeExpiresAt <= ctx.now)
      return answer({ state: 'over' })
    const hash = codeHashOf(ctx, token, readCode(code.reveal()))
    if (row.codeHash !== hash) return answer(wrong(ctx, row))
    if (row.state === 'refused') return answer({ state: 'refused', reason: row.reason ?? 'failed' })
    if (row.planId === null) return answer(note(ctx, row))
    return answer(row.state === 'done' ? again(ctx, row) : make(ctx, row, row.planId))
  },
})

const answer = (outcome: Confirmed) => ok({ outcome })

const wrong = (ctx: CommandContext, { no, tries, state, reason, endedAt }: Registration): Confirmed => {
  const left = registrationLimits.triesMax - tries - 1
  const isOver = left === 0 && state === 'waiting'
  const ended = isOver ? ({ state: 'refused', reason: 'tries', endedAt: ctx.now } as const) : { state, reason, endedAt }
  const { site } = registrations
  ctx.db
    .update(site)
    .set({ tries: tries + 1, ...ended })
    .where(eq(site.no, no))
    .run()
  return left === 0 ? { state: 'over' } : { state: 'wrong', left }
}

const refuse = (ctx: CommandContext, { no }: Registration, reason: Refusal): Confirmed => {
  const { site } = registrations
  ctx.db.update(site).set({ state: 'refused', reason, endedAt: ctx.now }).where(eq(site.no, no)).run()
  return { state: 'refused', reason }
}

const note = (ctx: CommandContext, row: Registration): Confirmed => {
  if (row.state !== 'done') {
    giveConsents(ctx, consentsIn(row), undefined)
    ctx.db
      .update(registrations.site)
      .set({ state: 'done', endedAt: ctx.now })
      .where(eq(registrations.site.no, row.no))
      .run()
  }
  return { state: 'noted' }
}

const consentsIn = ({ contact, by, agreed, place }: Registration) => ({ contact, by, agreed, place })

const make = (ctx: CommandContext, row: Registration, planId: string): Confirmed => {
  const { by, contact, name, language, deviceHash } = row
  if (isRegistered(ctx, contact)) return refuse(ctx, row, 'known')
  if (deviceHash !== null && hadAccount(ctx, deviceHash)) return refuse(ctx, row, 'device')
  const offer = offerOf(ctx, planId)
  if (!offer) return refuse(ctx, row, 'closed')
  const [login, password] = [loginOf(contact), drawPassword(ctx.random.below)]
  const reached = by === 'phone' ? { phone: contact } : { email: contact }
  const added = ctx.call(addSubscriber, { login, password, plan: offer.plan.name, name, ...reached })
  // Another try with the same code is better than a registration that is lost to the clock.
  if (!added.ok) return added.error.type === 'ClockUnsure' ? { state: 'later' } : refuse(ctx, row, 'failed')
  const { customerId, serviceId } = added.value
  ctx.db.update(customers.site).set({ language }).where(eq(customers.site.id, customerId)).run()
  giveConsents(ctx, consentsIn(row), customerId)
  for (const id of [ctx.vault.keyedHash(contact, contactPurpose), deviceHash])
    if (id !== null) ctx.db.insert(registeredContacts.site).values({ id, at: ctx.now }).run()
  ctx.db
    .update(registrations.site)
    .set({ state: 'done', endedAt: ctx.now, customerId, serviceId })
    .where(eq(registrations.site.no, row.no))
    .run()
  if (createSettings(ctx.raw)().registrationSendsPassword) welcome(ctx, row, { login, password })
  return { state: 'done', login, password }
}

/** An account without this message is whole: its login and password are on the page. */
const welcome = (ctx: CommandContext, row: Registration, account: { login: string; password: string }): void => {
  const words = sentWords[row.language]
  const site = siteNameOf(ctx)
  putMessage(ctx, {
    channel: channelFor[row.by],
    kind: 'welcome',
    about: aboutOf(row.no),
    recipient: row.contact,
    subject: fill(words.welcomeSubject, { site }),
    text: fill(words.welcome, { site, ...account }),
    expiresAt: ctx.now + registrationLimits.welcomeLifeMs,
  })
}

/** The account that this code has made, to whoever knows the code. */
const again = (ctx: CommandContext, { serviceId }: Registration): Confirmed => {
  const [service, grant] = [services.site, grants.site]
  const found = ctx.db
    .select({ id: grant.id, login: grant.login, credential: grant.credential })
    .from(grant)
    .innerJoin(service, eq(service.id, grant.serviceId))
    .where(eq(grant.serviceId, serviceId ?? ''))
    .get()
  const opened = found?.credential ? ctx.vault.open(found.credential, credentialPurpose(found.id)) : undefined
  if (!found || !opened?.ok) return { state: 'over' }
  return { state: 'done', login: found.login, password: opened.value.reveal() }
}
