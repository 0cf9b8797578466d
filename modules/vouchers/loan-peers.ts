/** Boxes that vouchers are lent to and borrowed from: those whose key the owner trusts. */
import { eq, or } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { createSettings } from '../settings/index.ts'
import { LOAN_FILE_CHARACTERS_MAX, ownFingerprint, readBoxKey, writeBoxKey, type OwnKeys } from './loan-files.ts'
import { voucherPeers } from './tables.ts'

type KeyMissing = { readonly type: 'BoxKeyMissing' }

export const ownKeys = ({ vault }: Pick<CommandContext, 'vault'>): Result<OwnKeys, KeyMissing> => {
  const [signer, unsealer] = [vault.signer(), vault.unsealer()]
  return signer && unsealer ? ok({ signer, unsealer }) : err({ type: 'BoxKeyMissing' })
}

export type Peer = typeof voucherPeers.site.$inferSelect

/** By its fingerprint, however it is grouped, or by the name that it was trusted under. */
export const peerCalled = ({ db }: CommandContext, called: string): Peer | undefined => {
  const { site } = voucherPeers
  const fingerprint = called.replaceAll(/[\s:-]/g, '').toLowerCase()
  const found = db
    .select()
    .from(site)
    .where(or(eq(site.fingerprint, fingerprint), eq(site.name, called)))
    .limit(2)
    .all()
  return found.length === 1 && found[0]!.endedAt === null ? found[0] : undefined
}

/** What is out keeps being taken back from a box that is trusted no more: so its key is known on. */
export const peerWith = ({ db }: CommandContext, fingerprint: string): Peer | undefined =>
  db.select().from(voucherPeers.site).where(eq(voucherPeers.site.fingerprint, fingerprint)).get()

/** This box's own public keys, as a file for the owner of another. */
export const showBoxKey = defineCommand({
  name: 'vouchers.boxKey',
  summary: 'Shows the public keys of this box as a file, for the owner of a box that vouchers are shared with.',
  output: z.object({ fingerprint: z.string(), file: z.string() }),
  permission: 'vouchers.read',
  input: z.object({}),
  handle(ctx) {
    const keys = ownKeys(ctx)
    if (!keys.ok) return keys
    const { siteName } = createSettings(ctx.raw)()
    return ok({ fingerprint: ownFingerprint(keys.value), file: writeBoxKey(keys.value, siteName) })
  },
})

/** Trusts a box: vouchers may be lent to it, and borrowed from it. Again for one that is trusted: under another name. */
export const trustBox = defineCommand({
  name: 'vouchers.trust',
  summary: 'Trusts another box by its key file: vouchers may be lent to it and borrowed from it.',
  output: z.object({ fingerprint: z.string(), name: z.string() }),
  permission: 'settings.write',
  input: z.object({
    file: z.string().max(LOAN_FILE_CHARACTERS_MAX),
    name: z.string().trim().min(1).max(64).optional(),
  }),
  audit: ({ name }, { value }) => ({ name, ...(value as object | undefined) }),
  handle(ctx, { file, name: given }) {
    const [keys, key] = [ownKeys(ctx), readBoxKey(file)]
    if (!keys.ok) return keys
    if (!key) return err({ type: 'KeyFileUnfit' })
    const { fingerprint, signing, sealing } = key
    if (fingerprint === ownFingerprint(keys.value)) return err({ type: 'BoxIsThis' })
    const name = (given ?? key.name.trim()) || fingerprint.slice(0, 8)
    const { site } = voucherPeers
    const namesake = ctx.db.select().from(site).where(eq(site.name, name)).get()
    if (namesake && namesake.fingerprint !== fingerprint) return err({ type: 'BoxNameTaken', name })
    const known = peerWith(ctx, fingerprint)
    if (known) ctx.db.update(site).set({ name, endedAt: null }).where(eq(site.id, known.id)).run()
    else
      ctx.db
        .insert(site)
        .values({
          id: ctx.ids.next('vpr'),
          name,
          fingerprint,
          signingKey: signing,
          sealingKey: sealing,
          trustedAt: ctx.now,
          trustedBy: ctx.actor.id,
          endedAt: null,
        })
        .run()
    return ok({ fingerprint, name })
  },
})

/** Nothing new is lent to it or borrowed from it; what is out can still come back. */
export const distrustBox = defineCommand({
  name: 'vouchers.distrust',
  summary: 'Ends the trust in another box: nothing new is lent or borrowed; what is out can still come back.',
  output: z.object({ fingerprint: z.string() }),
  permission: 'settings.write',
  input: z.object({ box: z.string().min(1).max(64) }),
  handle(ctx, { box }) {
    const peer = peerCalled(ctx, box)
    if (!peer) return err({ type: 'BoxUnknown', box })
    ctx.db.update(voucherPeers.site).set({ endedAt: ctx.now }).where(eq(voucherPeers.site.id, peer.id)).run()
    return ok({ fingerprint: peer.fingerprint })
  },
})
