import { and, eq, ne } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineQuery } from '@lango/kernel/db'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import { isMac, normaliseDevice } from './device.ts'
import { drawPassphrase, isPassphrase, PASSPHRASE_PURPOSE, passphrasePurpose } from './passphrase.ts'
import { grants, passphrases, policies } from './tables.ts'
import { grantOf, recordOfGrant } from './top-up.ts'

const whose = z.object({ login: z.string().min(1).max(253) })
const passphrase = secretText(
  z
    .string()
    .refine(isPassphrase, 'A Wi-Fi passphrase has 8 to 63 letters, digits and signs, and no blank at its ends.'),
)
/** Of 2^63 none is drawn twice; a few draws say so even of a broken source of randomness. */
const DRAWS_MAX = 8
/** Devices bound by hand where the plan binds none. */
const DEVICES_MAX = 100

type Taken = { readonly type: 'PassphraseTaken' }

const hashOf = (ctx: CommandContext, text: string): Buffer =>
  Buffer.from(ctx.vault.keyedHash(text, PASSPHRASE_PURPOSE), 'hex')

const isOthers = (ctx: CommandContext, grantId: string, hash: Buffer): boolean =>
  ctx.db
    .select({ id: passphrases.site.id })
    .from(passphrases.site)
    .where(and(eq(passphrases.site.hash, hash), ne(passphrases.site.id, grantId)))
    .get() !== undefined

const drawn = (ctx: CommandContext, grantId: string): string => {
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const made = drawPassphrase(ctx.random.below)
    if (!isOthers(ctx, grantId, hashOf(ctx, made))) return made
  }
  throw new Error(`no free passphrase in ${DRAWS_MAX} draws`)
}

const put = (ctx: CommandContext, grantId: string, text: string): Result<void, Taken> => {
  const hash = hashOf(ctx, text)
  if (isOthers(ctx, grantId, hash)) return err({ type: 'PassphraseTaken' })
  const { site } = passphrases
  const before = ctx.db.select({ setAt: site.setAt }).from(site).where(eq(site.id, grantId)).get()
  const values = { passphrase: ctx.vault.seal(text, passphrasePurpose(grantId)), hash, setAt: ctx.now }
  ctx.db
    .insert(site)
    .values({ id: grantId, grantId, ...values })
    .onConflictDoUpdate({ target: site.id, set: values })
    .run()
  ctx.changed({ setAt: before?.setAt ?? null }, { setAt: ctx.now })
  return ok()
}

/**
 * Gives a subscriber a Wi-Fi passphrase of their own in place of the one before; without one given, the box makes it and
 * tells it, this once. Devices that are online stay until they join anew.
 */
export const setPassphrase = defineCommand({
  name: 'grants.setPassphrase',
  summary: 'Gives a subscriber a Wi-Fi passphrase of their own, made by the box or given; the answer tells it once.',
  permission: 'subscribers.write',
  valueIsSecret: true,
  input: whose.extend({ passphrase: passphrase.optional() }),
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const { id, no, login, status } = found.value
    if (status === 'ended') return err({ type: 'ServiceEnded', login })
    const text = input.passphrase?.reveal() ?? drawn(ctx, id)
    const done = put(ctx, id, text)
    return done.ok ? ok({ grantNo: no, login, passphrase: text }) : done
  },
})

/** Takes it away: no device joins by it any more. */
export const removePassphrase = defineCommand({
  name: 'grants.removePassphrase',
  summary: 'Takes a subscriber’s own Wi-Fi passphrase away.',
  permission: 'subscribers.write',
  input: whose,
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const { id, no, login } = found.value
    const removed = ctx.db.delete(passphrases.site).where(eq(passphrases.site.id, id)).returning().get()
    if (removed) ctx.changed({ setAt: removed.setAt }, { setAt: null })
    return ok({ grantNo: no, login, had: removed !== undefined })
  },
})

/** Binds a device before it has come: an access point that asks by address alone gets the passphrase for it. */
export const bindDevice = defineCommand({
  name: 'grants.bindDevice',
  summary: 'Binds a device’s address to a subscriber, so that it is known before it first asks.',
  permission: 'subscribers.write',
  input: whose.extend({
    device: z.string().max(64).transform(normaliseDevice).refine(isMac, 'A MAC address looks like AA:BB:CC:DD:EE:FF.'),
  }),
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const { id, no, login, devices, policyId } = found.value
    const { device } = input
    if (devices.includes(device)) return ok({ grantNo: no, login, device })
    const { policy } = ctx.db.select().from(policies.site).where(eq(policies.site.id, policyId)).get()!
    if (devices.length >= (policy.bindDevices === 'first' ? Math.max(policy.deviceLimit, 1) : DEVICES_MAX))
      return err({ type: 'DevicesBound', grantId: id })
    const { site } = grants
    const owner = ctx.db.select({ id: site.id }).from(site).where(eq(site.macLogin, device)).get()
    if (owner && owner.id !== id) return err({ type: 'MacTaken', mac: device })
    const holder = holderOf(ctx, id, device)
    if (holder !== undefined) return err({ type: 'DeviceTaken', device, login: holder })
    ctx.db
      .update(site)
      .set({ devices: [...devices, device] })
      .where(eq(site.id, id))
      .run()
    return ok({ grantNo: no, login, device })
  },
})

/** Whose passphrase the device's access point would get: of two it could get only one. */
const holderOf = (ctx: CommandContext, grantId: string, device: string): string | undefined =>
  ctx.raw
    .prepare<[string, string], { login: string }>(
      `SELECT g.login FROM passphrases p JOIN grants g ON g.id = p.id
       WHERE p.id <> ? AND EXISTS (SELECT 1 FROM json_each(g.devices) WHERE value = ?)`,
    )
    .get(grantId, device)?.login

/** Since when a subscriber has a passphrase of their own; undefined when they have none. */
export const showPassphrase = defineQuery({
  name: 'grants.passphrase',
  summary: 'Tells since when a subscriber has a Wi-Fi passphrase of their own; null when they have none.',
  permission: 'subscribers.read',
  input: whose,
  tables: { grants, passphrases },
  examples: [{ login: 'a' }, { login: 'nobody' }],
  select: ({ db, grants, passphrases, ref, byKey }, { login }) =>
    db
      .select({ setAt: passphrases.setAt })
      .from(grants)
      .innerJoin(passphrases, ref(passphrases.grantId, grants.id))
      .where(eq(grants.login, login))
      .orderBy(...byKey(grants), ...byKey(passphrases)),
  shape: (rows) => rows[0],
})
