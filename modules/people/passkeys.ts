/** Passkeys of people (WebAuthn): what the box keeps of one, and how it is used. The desk has verified what they signed. */
import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { giving } from './giving.ts'
import { oneself, NOBODY, staffById } from './staff.ts'
import { passkeys } from './tables.ts'

/** Of one person. */
export const PASSKEYS_MAX = 10
/** A credential id has at most 1023 octets (WebAuthn section 4). */
const CREDENTIAL_ID_LENGTH_MAX = 1364
const PUBLIC_KEY_LENGTH_MAX = 2048

const base64url = z.string().regex(/^[\w-]+$/)
const counter = z.number().int().min(0).max(0xffffffff)
const passkeyName = z.string().trim().min(1, 'A name is needed.').max(64)

/** What an authenticator has just signed with, as it was verified. */
export const passkeyProof = z.object({ id: z.string(), counter, backedUp: z.boolean() })

export type PasskeyFault =
  | { readonly type: 'PasskeyUnknown'; readonly id: string }
  /** It counted less than it had before: there is a copy of it (WebAuthn section 6.1.1). */
  | { readonly type: 'PasskeyCopied'; readonly name: string }

type PasskeyRow = typeof passkeys.site.$inferSelect

const passkeyOf = (ctx: CommandContext, staffId: string, id: string): PasskeyRow | undefined =>
  ctx.db
    .select()
    .from(passkeys.site)
    .where(and(eq(passkeys.site.id, id), eq(passkeys.site.staffId, staffId)))
    .get()

/** Takes note of a passkey's use; refused where its counter did not rise, unless it does not count at all. */
export const usePasskey = (
  ctx: CommandContext,
  staffId: string,
  proof: z.output<typeof passkeyProof>,
): Result<undefined, PasskeyFault> => {
  const passkey = passkeyOf(ctx, staffId, proof.id)
  if (!passkey) return err({ type: 'PasskeyUnknown', id: proof.id })
  const counts = proof.counter > 0 || passkey.counter > 0
  if (counts && proof.counter <= passkey.counter) return err({ type: 'PasskeyCopied', name: passkey.name })
  const { counter: after, backedUp } = proof
  ctx.db
    .update(passkeys.site)
    .set({ counter: after, backedUp, lastUsedAt: ctx.now })
    .where(eq(passkeys.site.id, passkey.id))
    .run()
  return ok(undefined)
}

/** Somebody who is signed in has shown a passkey once more. */
export const provedByPasskey = defineCommand({
  name: 'staff.provedByPasskey',
  permission: 'system',
  isInternal: true,
  input: z.object({ id: z.string(), passkey: passkeyProof }),
  handle(ctx, { id, passkey }) {
    if (staffById(ctx, id)?.status !== 'active') return err({ type: 'StaffUnknown', id })
    return usePasskey(ctx, id, passkey)
  },
})

/** What the desk has verified, and whose proof is minutes old: nobody may say so themselves. */
export const addPasskey = defineCommand({
  name: 'me.addPasskey',
  permission: 'self',
  isInternal: true,
  input: z.object({
    name: passkeyName,
    /** As the browser names it, base64url. */
    credentialId: base64url.max(CREDENTIAL_ID_LENGTH_MAX),
    /** COSE_Key, base64url. */
    publicKey: base64url.max(PUBLIC_KEY_LENGTH_MAX),
    /** The host name that it was made for. */
    rpId: z.string().min(1).max(253),
    counter,
    transports: z.array(z.string().max(32)).max(8),
    backedUp: z.boolean(),
  }),
  handle(ctx, input) {
    const me = oneself(ctx)
    if (!me) return err(NOBODY)
    const { site } = passkeys
    const known = ctx.db.select({ id: site.id }).from(site).where(eq(site.credentialId, input.credentialId)).get()
    if (known) return err({ type: 'PasskeyKnown' })
    const own = ctx.db.select({ id: site.id }).from(site).where(eq(site.staffId, me.id)).all()
    if (own.length >= PASSKEYS_MAX) return err({ type: 'PasskeysFull', most: PASSKEYS_MAX })
    const id = ctx.ids.next('pky')
    ctx.db
      .insert(site)
      .values({ ...input, id, staffId: me.id, createdAt: ctx.now, lastUsedAt: null })
      .run()
    return ok({ id, name: input.name })
  },
})

export const renamePasskey = defineCommand({
  name: 'me.renamePasskey',
  summary: 'Gives a passkey of the person who asks another name.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'self',
  input: z.object({ id: z.string(), name: passkeyName }),
  handle(ctx, { id, name }) {
    const passkey = passkeyOf(ctx, ctx.actor.id, id)
    if (!passkey) return err({ type: 'PasskeyUnknown', id })
    ctx.db.update(passkeys.site).set({ name }).where(eq(passkeys.site.id, id)).run()
    ctx.changed({ name: passkey.name }, { name })
    return ok({ id, name })
  },
})

const remove = (ctx: CommandContext, { id, name }: PasskeyRow) => {
  ctx.db.delete(passkeys.site).where(eq(passkeys.site.id, id)).run()
  ctx.changed({ name }, null)
  return ok({ id, name })
}

const removed = z.object({ id: z.string(), name: z.string() })

export const removeOwnPasskey = defineCommand({
  name: 'me.removePasskey',
  summary: 'Removes a passkey of the person who asks: it opens nothing any more.',
  output: removed,
  permission: 'self',
  input: z.object({ id: z.string() }),
  handle(ctx, { id }) {
    const passkey = passkeyOf(ctx, ctx.actor.id, id)
    return passkey ? remove(ctx, passkey) : err({ type: 'PasskeyUnknown', id })
  },
})

/** Another's, such as of a phone that was lost. Who may not give what they have may not take it from them either. */
export const removeStaffPasskey = defineCommand({
  name: 'staff.removePasskey',
  summary: 'Removes a passkey of a person of the staff: it opens nothing any more.',
  output: removed,
  permission: 'people.write',
  input: z.object({ staffId: z.string(), id: z.string() }),
  handle(ctx, { staffId, id }) {
    const person = staffById(ctx, staffId)
    if (!person) return err({ type: 'StaffUnknown', id: staffId })
    const given = giving(ctx).role(person.role)
    if (!given.ok) return given
    const passkey = passkeyOf(ctx, staffId, id)
    return passkey ? remove(ctx, passkey) : err({ type: 'PasskeyUnknown', id })
  },
})
