/** A box that is set up without hands, by one file: whole or not at all. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, parseMoney, type Fault, type Result } from '@lango/kernel'
import { defineCommand, secretText, type CommandContext } from '@lango/kernel/verbs'
import { addRouter } from '../network/index.ts'
import { firstOwner, inviteStaff } from '../people/index.ts'
import { staff } from '../people/tables.ts'
import { addPlan } from '../plans/index.ts'
import { changeSettings, createSettings, settingsSchema } from '../settings/index.ts'
import { makeVouchers, openBatch } from '../vouchers/index.ts'
import { packOf, type Pack } from './packs.ts'
import { setupFiles } from './tables.ts'

export const SETUP_FILE_VERSION = 1
/** In one transaction of a box that serves nobody yet. */
const VOUCHERS_MAX = 1000
const ROWS_MAX = 100
const FILE_PURPOSE = 'setup_files.id'
/** Of the bundles of a pack. */
const BUNDLE_POLICY = { downKbps: 5000, upKbps: 2000, deviceLimit: 1 }

const owner = z.strictObject({
  login: inviteStaff.input.shape.login,
  name: inviteStaff.input.shape.name,
  /** Of `lango setup hash-password`; without one an address is told by which they choose a password. */
  passwordHash: firstOwner.input.shape.passwordHash.optional(),
})

const batch = openBatch.input.pick({ plan: true, prefix: true, length: true, numeric: true, note: true }).extend({
  count: z.number().int().min(1).max(VOUCHERS_MAX),
})

/** What the file says of the business. What it says of the machine is its own services' to read. */
export const setupFileSchema = z.strictObject({
  version: z.literal(SETUP_FILE_VERSION, `This release reads files of version ${SETUP_FILE_VERSION}.`),
  owner,
  country: z.string().regex(/^[A-Z]{2}$/, 'A country is two letters, such as KE.'),
  /** In the place of what follows from the country. */
  site: settingsSchema
    .pick({ siteName: true, currency: true, timeZone: true, language: true })
    .partial()
    .strict()
    .optional(),
  routers: z.array(addRouter.input.strict()).max(ROWS_MAX).default([]),
  /** Those of the country besides. */
  bundles: z.boolean().default(false),
  plans: z.array(addPlan.input.strict()).max(ROWS_MAX).default([]),
  vouchers: z.array(batch.strict()).max(ROWS_MAX).default([]),
})
type SetupFile = z.output<typeof setupFileSchema>

/** What one entry of the file came to, by its path in it. */
export type EntryFault = { readonly path: string; readonly fault: Fault }
type Tried = (path: string, result: Result<unknown, Fault>) => void

const settingsOf = ({ country, currency, timeZone, language }: Pack, { site, country: named }: SetupFile) => ({
  // What the pack of all others says is no more than a start.
  ...(country === named && { currency, timeZone, language }),
  ...site,
  country: named,
})

const addBundles = (ctx: CommandContext, pack: Pack, tried: Tried): void => {
  const { currency, language } = createSettings(ctx.raw)()
  if (currency !== pack.currency) return tried('bundles', err({ type: 'BundlesUnpriced', currency }))
  for (const { name, validitySec, price } of pack.bundles) {
    const priced = parseMoney(price, currency)
    if (!priced.ok) return tried('bundles', priced)
    const plan = { name: name[language || 'en'], validitySec, priceMinor: priced.value.minor, currency }
    tried('bundles', ctx.call(addPlan, { ...plan, kind: 'hotspot', policy: BUNDLE_POLICY }))
  }
}

const addBatch = (ctx: CommandContext, input: SetupFile['vouchers'][number]): Result<number, Fault> => {
  const opened = ctx.call(openBatch, input)
  if (!opened.ok) return opened
  for (;;) {
    const made = ctx.call(makeVouchers, { batch: opened.value.batch })
    if (!made.ok) return made
    if (made.value.left === 0) return ok(opened.value.batch)
  }
}

/** Whoever comes in by an address has to do so by a date, which a clock that is not set cannot tell. */
const takeOwner = (
  ctx: CommandContext,
  { login, name, passwordHash }: SetupFile['owner'],
): Result<AppliedSetup['invitation'], Fault> => {
  if (passwordHash !== undefined) {
    const made = ctx.call(firstOwner, { login, name, passwordHash })
    return made.ok ? ok(undefined) : made
  }
  if (!ctx.sure) return err({ type: 'ClockUnsure' })
  const invited = ctx.call(inviteStaff, { login, name, role: 'owner' })
  return invited.ok ? ok({ code: invited.value.code, until: invited.value.until }) : invited
}

export type AppliedSetup = {
  /** False: this file was applied before, and nothing was changed. */
  readonly isNew: boolean
  readonly login: string
  /** By which the owner chooses a password, until when; told this once. */
  readonly invitation?: { readonly code: string; readonly until: number }
  /** Numbers of the batches of vouchers. */
  readonly batches: readonly number[]
}

export const applySetup = defineCommand({
  name: 'setup.apply',
  permission: 'system',
  valueIsSecret: true,
  input: z.object({
    file: setupFileSchema,
    /** All that stands in the file, the machine's part too: by it the file is known again. */
    content: secretText(z.string().min(1)),
  }),
  // The secrets in it are nobody's to read, and the commands that carry it out stand in the log by themselves.
  audit: ({ file: { owner: by, country, routers, plans, vouchers } }) => ({
    login: by.login,
    country,
    routers: routers.length,
    plans: plans.length,
    vouchers: vouchers.length,
  }),
  handle(ctx, { file, content }) {
    const id = ctx.vault.keyedHash(content.reveal(), FILE_PURPOSE)
    const { site: files } = setupFiles
    const before = ctx.db.select().from(files).where(eq(files.id, id)).get()
    const { login } = file.owner
    if (before) return ok<AppliedSetup>({ isNew: false, login, batches: [] })
    if (ctx.db.select({ id: staff.site.id }).from(staff.site).limit(1).get()) return err({ type: 'OwnerExists' })

    const faults: EntryFault[] = []
    const tried: Tried = (path, result) => {
      if (!result.ok) faults.push({ path, fault: result.error })
    }
    const taken = takeOwner(ctx, file.owner)
    tried('owner', taken)
    const pack = packOf(file.country)
    tried('site', ctx.call(changeSettings, settingsOf(pack, file)))
    for (const [at, router] of file.routers.entries()) tried(`routers.${at}`, ctx.call(addRouter, router))
    if (file.bundles) addBundles(ctx, pack, tried)
    for (const [at, plan] of file.plans.entries()) tried(`plans.${at}`, ctx.call(addPlan, plan))
    const batches = file.vouchers.map((one, at) => {
      const made = addBatch(ctx, one)
      tried(`vouchers.${at}`, made)
      return made.ok ? made.value : 0
    })
    if (faults.length > 0) return err({ type: 'SetupFaulty', faults })
    ctx.db.insert(files).values({ id, appliedAt: ctx.now }).run()
    const invitation = taken.ok ? taken.value : undefined
    return ok<AppliedSetup>({ isNew: true, login, batches, ...(invitation && { invitation }) })
  },
})
