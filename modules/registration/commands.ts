/** What whoever registers asks for, by the public page. Nobody else has the permission. */
import { and, eq, gt, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { fill } from '@lango/kernel/locale'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { grants } from '../access/tables.ts'
import { prefixesOf, putMessage, type MessageFault } from '../messages/index.ts'
import { messageSenders } from '../messages/tables.ts'
import { plans } from '../plans/tables.ts'
import { createSettings } from '../settings/index.ts'
import {
  HOUR_MS,
  addressPurpose,
  channelFor,
  codePurpose,
  contactPurpose,
  loginOf,
  networkOf,
  newCode,
  readContact,
  registrationLimits,
  type Confirmation,
} from './rules.ts'
import { registeredContacts, registrations } from './tables.ts'
import { sentWords } from './words.ts'

const NAME = /^[^\p{Cc}\p{Zl}\p{Zp}]*[^\p{Cc}\p{Zl}\p{Zp}\s][^\p{Cc}\p{Zl}\p{Zp}]*$/u

export type RegistrationFault =
  /** The plan is not there to be taken, or codes cannot be sent. */
  | { readonly type: 'RegistrationClosed' }
  | { readonly type: 'ContactUnfit'; readonly by: Confirmation; readonly prefixes: readonly string[] }
  | { readonly type: 'RegistrationTooMany'; readonly minutes: number }
  | MessageFault

/** What stands for a registration in what belongs to it. */
export const aboutOf = (no: number): string => `registration:${no}`

/** Sends a code to whoever wants a plan. The answer is the same whether the phone or e-mail is known or not. */
export const startRegistration = defineCommand({
  name: 'registration.start',
  permission: 'system',
  isInternal: true,
  input: z.object({
    plan: z.string().max(64),
    name: z
      .string()
      .trim()
      .min(1, 'A name is needed.')
      .max(registrationLimits.nameLengthMax)
      .regex(NAME, 'A name is one line.'),
    contact: z.string().trim().min(1).max(registrationLimits.contactLengthMax),
    language: z.enum(['en', 'sw']),
    /** From where it is asked. */
    address: z.string().max(64),
  }),
  // Whoever only asked has no key under which the log could tell of them.
  audit: ({ plan, language }) => ({ plan, language }),
  handle(ctx, input): Result<{ token: string }, RegistrationFault> {
    const offer = offerOf(ctx, input.plan)
    if (!offer) return err({ type: 'RegistrationClosed' })
    const { plan, by, prefixes } = offer
    const contact = readContact(by, input.contact, prefixes)
    if (contact === undefined) return err({ type: 'ContactUnfit', by, prefixes })
    const contactHash = ctx.vault.keyedHash(contact, contactPurpose)
    const addressHash = ctx.vault.keyedHash(networkOf(input.address), addressPurpose)
    const waitMs = waitOf(ctx, { contactHash, addressHash })
    if (waitMs > 0) return err({ type: 'RegistrationTooMany', minutes: Math.ceil(waitMs / 60_000) })
    const isKnown = isRegistered(ctx, contact)
    const [no, code] = [ctx.counter('registration'), newCode(ctx.random)]
    const token = ctx.random.bytes(16).toString('base64url')
    const { name, language } = input
    ctx.db
      .insert(registrations.site)
      .values({
        no,
        token,
        by,
        contact,
        contactHash,
        addressHash,
        name,
        language,
        planId: plan.id,
        state: isKnown ? 'refused' : 'waiting',
        reason: isKnown ? 'known' : null,
        codeHash: isKnown ? null : codeHashOf(ctx, token, code),
        codeExpiresAt: ctx.now + registrationLimits.codeLifeMs,
        tries: 0,
        createdAt: ctx.now,
        endedAt: isKnown ? ctx.now : null,
        customerId: null,
        serviceId: null,
      })
      .run()
    const sent = putMessage(
      ctx,
      messageFor({ by, contact, language, no, site: siteNameOf(ctx) }, isKnown ? '' : code, ctx.now),
    )
    return sent.ok ? ok({ token }) : sent
  },
})

type Written = { by: Confirmation; contact: string; language: 'en' | 'sw'; no: number; site: string }

/** '' for one that is known already: they are told so, where nobody else reads it. */
const messageFor = ({ by, contact, language, no, site }: Written, code: string, now: number) => {
  const words = sentWords[language]
  const isKnown = code === ''
  return {
    channel: channelFor[by],
    kind: isKnown ? 'known' : 'code',
    about: aboutOf(no),
    recipient: contact,
    subject: fill(isKnown ? words.knownSubject : words.codeSubject, { site }),
    text: fill(isKnown ? words.known : words.code, { site, code }),
    expiresAt: now + registrationLimits.codeLifeMs,
  }
}

export const siteNameOf = (ctx: CommandContext): string => createSettings(ctx.raw)().siteName || 'Lango'

export const codeHashOf = ({ vault }: Pick<CommandContext, 'vault'>, token: string, code: string): string =>
  vault.keyedHash(`${token}:${code}`, codePurpose)

/** The plan, if it can be taken by oneself now, and to which numbers codes go. */
export const offerOf = (ctx: CommandContext, planId: string) => {
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.id, planId)).get()
  if (plan?.status !== 'active' || plan.selfRegistration === 'off' || plan.priceMinor > 0) return undefined
  const by = plan.selfRegistration
  const sender = ctx.db.select().from(messageSenders.site).where(eq(messageSenders.site.id, channelFor[by])).get()
  if (!sender) return undefined
  return { plan, by, prefixes: prefixesOf(sender.config) }
}

/** Whether it has had its account, also one that was erased, or somebody logs in with it. */
export const isRegistered = (ctx: CommandContext, contact: string): boolean => {
  const hash = ctx.vault.keyedHash(contact, contactPurpose)
  const had = ctx.db.select().from(registeredContacts.site).where(eq(registeredContacts.site.id, hash)).get()
  const login = loginOf(contact)
  return (
    had !== undefined ||
    ctx.db.select({ no: grants.site.no }).from(grants.site).where(eq(grants.site.login, login)).get() !== undefined
  )
}

/** How long until another code may be asked for; 0 when now. */
const waitOf = (
  ctx: CommandContext,
  { contactHash, addressHash }: { contactHash: string; addressHash: string },
): number => {
  const { site } = registrations
  const since = ctx.now - HOUR_MS
  const { codesPerContactMax, codesPerAddressMax, codesPerHourMax } = registrationLimits
  /** When the code that must first be an hour old was asked for. */
  const wait = (max: number, which?: ReturnType<typeof eq>): number => {
    const full = ctx.db
      .select({ at: site.createdAt })
      .from(site)
      .where(and(gt(site.createdAt, since), which))
      .orderBy(sql`${site.createdAt} desc`)
      .limit(1)
      .offset(max - 1)
      .get()
    return full === undefined ? 0 : full.at + HOUR_MS - ctx.now
  }
  return Math.max(
    wait(codesPerContactMax, eq(site.contactHash, contactHash)),
    wait(codesPerAddressMax, eq(site.addressHash, addressHash)),
    wait(codesPerHourMax),
  )
}
