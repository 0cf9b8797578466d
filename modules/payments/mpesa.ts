import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result, type Secret, type VaultFault } from '@lango/kernel'
import { defineQuery } from '@lango/kernel/db'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import {
  isCallbackPlain,
  missingOf,
  missingToPayBack,
  MPESA,
  mpesaSecretsPurpose,
  mpesaSettingsSchema,
  newMpesa,
  NO_SECRETS,
  readSecrets,
  type MpesaSecrets,
  type MpesaSettings,
} from './mpesa-rules.ts'
import { paymentAccounts } from './tables.ts'

const secret = secretText(z.string().max(400))

/** Sets what is given; the rest stays. Secrets are forgotten when they would be told to another server than before. */
export const setMpesa = defineCommand({
  name: 'payments.setMpesa',
  summary:
    'Sets how customers pay by M-Pesa: what is given changes, the rest stays; another server forgets the secrets.',
  output: z.object({ missing: z.array(z.string()).readonly() }),
  permission: 'settings.write',
  input: mpesaSettingsSchema
    .partial()
    .extend({ consumerSecret: secret.optional(), passkey: secret.optional(), initiatorPassword: secret.optional() }),
  handle(ctx, { consumerSecret, passkey, initiatorPassword, ...given }) {
    const { site } = paymentAccounts
    const before = ctx.db.select().from(site).where(eq(site.id, MPESA)).get()
    const kept = secretsOf(ctx, before?.secrets ?? null)
    if (!kept.ok) return kept
    const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const config: MpesaSettings = { ...newMpesa, ...before?.config, ...told }
    if (isCallbackPlain(config)) return err({ type: 'CallbackPlain', callbackUrl: config.callbackUrl })
    const isElsewhere = before !== undefined && before.config.baseUrl !== config.baseUrl
    const old = isElsewhere ? NO_SECRETS : kept.value
    const secrets = merged(old, { consumerSecret, passkey, initiatorPassword })
    const missing = missingOf(config, secrets)
    const row = {
      id: MPESA,
      config,
      missing,
      missingToPayBack: missingToPayBack(config, secrets),
      secrets: ctx.vault.seal(JSON.stringify(secrets), mpesaSecretsPurpose),
      changedAt: ctx.now,
      changedBy: ctx.actor.id,
      registration: stillRegistered(before, config),
    }
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    ctx.changed(before?.config ?? null, config)
    return ok({ missing })
  },
})

type Typed = { readonly [Name in keyof MpesaSecrets]: Secret | undefined }

const merged = (old: MpesaSecrets, { consumerSecret, passkey, initiatorPassword }: Typed): MpesaSecrets => ({
  consumerSecret: consumerSecret?.reveal() ?? old.consumerSecret,
  passkey: passkey?.reveal() ?? old.passkey,
  initiatorPassword: initiatorPassword?.reveal() ?? old.initiatorPassword,
})

/** Where Safaricom is told other addresses than before, nothing is known of these. */
const stillRegistered = (before: typeof paymentAccounts.site.$inferSelect | undefined, config: MpesaSettings) => {
  const same = (['baseUrl', 'shortcode', 'callbackUrl'] as const).every((name) => before?.config[name] === config[name])
  return same ? (before?.registration ?? null) : null
}

/** As it is set; where it was set before there was a setting, that is as of new. */
export const mpesaConfig = (ctx: CommandContext): MpesaSettings => {
  const { site } = paymentAccounts
  return { ...newMpesa, ...ctx.db.select({ config: site.config }).from(site).where(eq(site.id, MPESA)).get()?.config }
}

const secretsOf = (ctx: CommandContext, sealed: Buffer | null): Result<MpesaSecrets, VaultFault> => {
  if (sealed === null) return ok(NO_SECRETS)
  const opened = ctx.vault.open(sealed, mpesaSecretsPurpose)
  return opened.ok ? ok(readSecrets(opened.value.reveal())) : opened
}

/** Seals the secrets under the newest key; what cannot be opened is counted and kept. */
export const resealPayments = defineCommand({
  name: 'payments.reseal',
  permission: 'system',
  isInternal: true,
  input: z.object({}),
  handle(ctx) {
    let [resealed, unreadable] = [0, 0]
    const { site } = paymentAccounts
    for (const { id, secrets } of ctx.db.select().from(site).all()) {
      if (secrets === null || ctx.vault.isCurrent(secrets)) continue
      const box = ctx.vault.reseal(secrets, mpesaSecretsPurpose)
      if (box.ok) ctx.db.update(site).set({ secrets: box.value }).where(eq(site.id, id)).run()
      if (box.ok) resealed += 1
      else unreadable += 1
    }
    return ok({ resealed, unreadable })
  },
})

/** How customers pay by M-Pesa, without the secrets; undefined where nothing was set. */
export const showMpesa = defineQuery({
  name: 'payments.mpesa',
  summary: 'Shows how customers pay by M-Pesa, without the secrets.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { paymentAccounts },
  select: ({ db, paymentAccounts: accounts, byKey }) =>
    db
      .select()
      .from(accounts)
      .orderBy(...byKey(accounts)),
  shape(rows) {
    const account = rows.find(({ id }) => id === MPESA)
    return (
      account && {
        settings: { ...newMpesa, ...account.config },
        missing: account.missing,
        missingToPayBack: account.missingToPayBack,
        registration: account.registration,
      }
    )
  },
})
