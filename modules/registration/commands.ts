/** What whoever registers asks for, by the public page. Nobody else has the permission. */
import { and, eq, gt, sql } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { fill } from '@lango/kernel/locale'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { normaliseDevice } from '../access/index.ts'
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
  confirmations,
  contactPurpose,
  devicePurpose,
  loginOf,
  networkOf,
  newCode,
  purposes,
  readContact,
  registrationLimits,
  type Agreed,
  type Confirmation,
  type Purpose,
} from './rules.ts'
import { registeredContacts, registrations } from './tables.ts'
import { sentWords } from './words.ts'

const agreed = z.object({
  purpose: z.enum(purposes),
  language: z.string().min(1).max(35),
  text: z.string().min(1).max(registrationLimits.consentLengthMax),
})

const NAME = /^[^\p{Cc}\p{Zl}\p{Zp}]*[^\p{Cc}\p{Zl}\p{Zp}\s][^\p{Cc}\p{Zl}\p{Zp}]*$/u

export type RegistrationFault =
  /** The plan is not there to be taken, or codes cannot be sent. */
  | { readonly type: 'RegistrationClosed' }
  | { readonly type: 'ContactUnfit'; readonly by: Confirmation; readonly prefixes: readonly string[] }
  | { readonly type: 'RegistrationTooMany'; readonly minutes: number }
  /** Nobody has agreed that what an account takes is kept. */
  | { readonly type: 'ConsentMissing' }
  /** This device has had its free access. */
  | { readonly type: 'DeviceKnown' }
  | MessageFault

/** What stands for a registration in what belongs to it. */
export const aboutOf = (no: number): string => `registration:${no}`

/** Sends a code to whoever wants a plan. The answer is the same whether the phone or e-mail is known or not. */
export const startRegistration = defineCommand({
  name: 'registration.start',
  permission: 'system',
  isInternal: true,
  input: z
    .object({
      /** Without one nobody gets an account: they agree to something. */
      plan: z.string().max(64).optional(),
      /** How they are reached, where no plan says so. */
      by: z.enum(confirmations).optional(),
      name: z
        .string()
        .trim()
        .min(1, 'A name is needed.')
        .max(registrationLimits.nameLengthMax)
        .regex(NAME, 'A name is one line.')
        .optional(),
      contact: z.string().trim().min(1).max(registrationLimits.contactLengthMax),
      language: z.enum(['en', 'sw']),
      /** From where it is asked. */
      address: z.string().max(64),
      agreed: z.array(agreed).max(purposes.length),
      place: z.string().min(1).max(64).optional(),
      /** Theirs, where the router tells it. */
      device: z.string().max(64).optional(),
    })
    .refine(({ plan, name }) => plan === undefined || name !== undefined, {
      error: 'A name is needed.',
      path: ['name'],
    }),
  // Whoever only asked has no key under which the log could tell of them.
  audit: ({ plan, language }) => ({ plan, language }),
  handle(ctx, input): Result<{ token: string }, RegistrationFault> {
    const wish = wishOf(ctx, input)
    if (!wish.ok) return wish
    const { plan, by, prefixes, agreed } = wish.value
    const contact = readContact(by, input.contact, prefixes)
    if (contact === undefined) return err({ type: 'ContactUnfit', by, prefixes })
    const deviceHash = deviceHashOf(ctx, plan, input.device)
    // Before anything is sent: whoever holds the device may know it.
    if (deviceHash !== null && hadAccount(ctx, deviceHash)) return err({ type: 'DeviceKnown' })
    const contactHash = ctx.vault.keyedHash(contact, contactPurpose)
    const addressHash = ctx.vault.keyedHash(networkOf(input.address), addressPurpose)
    const waitMs = waitOf(ctx, { contactHash, addressHash })
    if (waitMs > 0) return err({ type: 'RegistrationTooMany', minutes: Math.ceil(waitMs / 60_000) })
    const isKnown = plan !== undefined && isRegistered(ctx, contact)
    const [no, code] = [ctx.counter('registration'), newCode(ctx.random)]
    const token = ctx.random.bytes(16).toString('base64url')
    const { name = '', language, place = null } = input
    const begins = isKnown
      ? ({ state: 'refused', reason: 'known', codeHash: null, endedAt: ctx.now } as const)
      : ({ state: 'waiting', reason: null, codeHash: codeHashOf(ctx, token, code), endedAt: null } as const)
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
        planId: plan?.id ?? null,
        agreed,
        place,
        deviceHash,
        ...begins,
        codeExpiresAt: ctx.now + registrationLimits.codeLifeMs,
        tries: 0,
        createdAt: ctx.now,
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

/** Free access is once for each device: of what else people register for none is told. */
const deviceHashOf = ({ vault }: CommandContext, plan: Plan | undefined, told = ''): string | null => {
  const device = plan?.kind === 'hotspot' ? normaliseDevice(told) : ''
  return device === '' ? null : vault.keyedHash(device, devicePurpose)
}

type Plan = typeof plans.site.$inferSelect
type Asked = {
  readonly plan?: string | undefined
  readonly by?: Confirmation | undefined
  readonly agreed: readonly Agreed[]
}
type Wish = {
  readonly plan: Plan | undefined
  readonly by: Confirmation
  readonly prefixes: readonly string[]
  readonly agreed: Agreed[]
}

/** An account of a plan, or messages about what is sold: what is asked for is there, and what it takes was agreed to. */
const wishOf = (ctx: CommandContext, asked: Asked): Result<Wish, RegistrationFault> => {
  const { consentOffers } = createSettings(ctx.raw)()
  // What the owner has switched off since the page was shown is not asked for any more.
  const agreed = asked.agreed.filter(({ purpose }) => purpose === 'service' || consentOffers)
  const has = (purpose: Purpose): boolean => agreed.some((one) => one.purpose === purpose)
  if (asked.plan !== undefined) {
    const offer = offerOf(ctx, asked.plan)
    if (!offer) return err({ type: 'RegistrationClosed' })
    return has('service') ? ok({ ...offer, agreed }) : err({ type: 'ConsentMissing' })
  }
  const { by } = asked
  const sender = by && consentOffers ? senderFor(ctx, by) : undefined
  if (!by || !sender) return err({ type: 'RegistrationClosed' })
  return has('offers')
    ? ok({
        plan: undefined,
        by,
        prefixes: sender.prefixes,
        agreed: agreed.filter(({ purpose }) => purpose === 'offers'),
      })
    : err({ type: 'ConsentMissing' })
}

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
  const sender = senderFor(ctx, by)
  return sender && { plan, by, ...sender }
}

const senderFor = (ctx: CommandContext, by: Confirmation) => {
  const sender = ctx.db.select().from(messageSenders.site).where(eq(messageSenders.site.id, channelFor[by])).get()
  return sender && { prefixes: prefixesOf(sender.config) }
}

/** Whether a phone, e-mail or device has had its one account, by its keyed hash. */
export const hadAccount = ({ db }: CommandContext, hash: string): boolean =>
  db.select().from(registeredContacts.site).where(eq(registeredContacts.site.id, hash)).get() !== undefined

/** Whether it has had its account, also one that was erased, or somebody logs in with it. */
export const isRegistered = (ctx: CommandContext, contact: string): boolean => {
  const login = loginOf(contact)
  return (
    hadAccount(ctx, ctx.vault.keyedHash(contact, contactPurpose)) ||
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
