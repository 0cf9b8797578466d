/** What people do for themselves. The desk has asked for the password again where that matters. */
import { and, eq, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, TOTP_SECRET_OCTETS, base32, totpStep } from '@lango/kernel'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import { totpPurpose } from './guard.ts'
import { endSessions, NOBODY, oneself, type StaffRow } from './staff.ts'
import { staff, staffSessions } from './tables.ts'

const RECOVERY_PURPOSE = 'staff.recovery'
const RECOVERY_CODES = 10
const RECOVERY_OCTETS = 10

const setOwn = (ctx: CommandContext, id: string, change: Partial<StaffRow>): void => {
  ctx.db.update(staff.site).set(change).where(eq(staff.site.id, id)).run()
}

export const setOwnPassword = defineCommand({
  name: 'me.setPassword',
  summary:
    'Sets the password of the person who asks and signs out their other browsers; for the desk, which hashes it.',
  output: z.object({ ended: z.number().int() }),
  permission: 'self',
  input: z.object({
    passwordHash: secretText(z.string().startsWith('$argon2id$').max(512)),
    /** The browser that stays signed in. */
    sessionId: z.string(),
  }),
  handle(ctx, { passwordHash, sessionId }) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    setOwn(ctx, me.id, { passwordHash: Buffer.from(passwordHash.reveal()), passwordSince: ctx.now })
    return ok({ ended: endSessions(ctx, me.id, sessionId) })
  },
})

/** A secret for an authenticator app, told once; it counts when a code of it was shown. */
export const beginTotp = defineCommand({
  name: 'me.beginTotp',
  summary:
    'Makes a secret for an authenticator app of the person who asks; it counts once me.confirmTotp has seen a code.',
  output: z.object({ login: z.string(), secret: z.string() }),
  permission: 'self',
  valueIsSecret: true,
  input: z.object({}),
  handle(ctx) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    const secret = ctx.random.bytes(TOTP_SECRET_OCTETS)
    setOwn(ctx, me.id, { totpPending: ctx.vault.seal(secret.toString('base64'), totpPurpose(me.id)) })
    return ok({ login: me.login, secret: base32(secret) })
  },
})

/** The app shows the right code: from now on signing in asks for one. Recovery codes are told once. */
export const confirmTotp = defineCommand({
  name: 'me.confirmTotp',
  summary:
    'Turns on the authenticator app of the person who asks by a code it shows, and tells the recovery codes once.',
  output: z.object({ recoveryCodes: z.array(z.string()) }),
  permission: 'self',
  valueIsSecret: true,
  input: z.object({ code: secretText(z.string().max(16)) }),
  handle(ctx, { code }) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    if (!ctx.sure) return err({ type: 'ClockUnsure' })
    const opened = me.totpPending && ctx.vault.open(me.totpPending, totpPurpose(me.id))
    if (!opened?.ok) return err({ type: 'AppNotBegun' })
    const step = totpStep(Buffer.from(opened.value.reveal(), 'base64'), readTotp(code.reveal()), ctx.now)
    if (step === undefined) return err({ type: 'CodeWrong' })
    setOwn(ctx, me.id, { totp: me.totpPending, totpPending: null, totpSince: ctx.now, totpStep: step })
    return ok({ recoveryCodes: newRecovery(ctx, me.id) })
  },
})

export const dropTotp = defineCommand({
  name: 'me.dropTotp',
  summary: 'Turns off the authenticator app of the person who asks.',
  output: z.object({ id: z.string() }),
  permission: 'self',
  input: z.object({}),
  handle(ctx) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    setOwn(ctx, me.id, { totp: null, totpPending: null, totpSince: null, recovery: null, recoveryLeft: 0 })
    return ok({ id: me.id })
  },
})

/** Ten fresh recovery codes; those from before are void. */
export const renewRecovery = defineCommand({
  name: 'me.renewRecovery',
  summary: 'Makes ten new recovery codes for the person who asks, tells them once, and voids the old ones.',
  output: z.object({ recoveryCodes: z.array(z.string()) }),
  permission: 'self',
  valueIsSecret: true,
  input: z.object({}),
  handle(ctx) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    return me.totp ? ok({ recoveryCodes: newRecovery(ctx, me.id) }) : err({ type: 'AppNotBegun' })
  },
})

/** Signs out one browser of one's own, or all but the one that asks. */
export const signOutOwn = defineCommand({
  name: 'me.signOut',
  summary: 'Signs the person who asks out of one browser, or of all but one.',
  output: z.object({ ended: z.number().int() }),
  permission: 'self',
  input: z.object({ sessionId: z.string().optional(), but: z.string().optional() }),
  handle(ctx, { sessionId, but }) {
    if (sessionId === undefined) return ok({ ended: endSessions(ctx, ctx.actor.id, but) })
    const { site: sessions } = staffSessions
    const mine = and(eq(sessions.id, sessionId), eq(sessions.staffId, ctx.actor.id), isNull(sessions.endedAt))
    return ok({ ended: ctx.db.update(sessions).set({ endedAt: ctx.now }).where(mine).run().changes })
  },
})

/** As the app shows it, with or without its blank. */
export const readTotp = (typed: string): string => typed.replaceAll(/\s/g, '')

const newRecovery = (ctx: CommandContext, id: string): string[] => {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    base32(ctx.random.bytes(RECOVERY_OCTETS))
      .toLowerCase()
      .replace(/(.{4})(?=.)/g, '$1-'),
  )
  const hashes = codes.map((code) => ctx.vault.keyedHash(plainRecovery(code), RECOVERY_PURPOSE))
  setOwn(ctx, id, { recovery: Buffer.from(JSON.stringify(hashes)), recoveryLeft: hashes.length })
  return codes
}

const plainRecovery = (typed: string): string => typed.toLowerCase().replaceAll(/[^a-z2-7]/g, '')

/** Takes a recovery code away; false when it is none, or was used. */
export const useRecovery = (ctx: CommandContext, person: StaffRow, typed: string): boolean => {
  const hashes = JSON.parse(person.recovery?.toString() ?? '[]') as string[]
  const left = hashes.filter((hash) => hash !== ctx.vault.keyedHash(plainRecovery(typed), RECOVERY_PURPOSE))
  if (left.length === hashes.length) return false
  setOwn(ctx, person.id, { recovery: Buffer.from(JSON.stringify(left)), recoveryLeft: left.length })
  return true
}
