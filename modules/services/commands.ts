import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { insertSql } from '@lango/kernel/db'
import { accessChanged, countsFromBegin, createGrantWriter, policyRow } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { customers } from '../customers/tables.ts'
import { saleTimesFault, type SaleTimes } from '../plans/index.ts'
import { plans } from '../plans/tables.ts'
import { passwordCell } from './cells.ts'
import { claimsAgainst, type ClaimFault } from './claims.ts'
import { foundBy } from './found-by.ts'
import { customerNamed, customersIn, joinable, type Customer, type JoinFault } from './owner.ts'
import { credentialsOf, subscriberSchema, nameFor } from './rules.ts'
import { services } from './tables.ts'
import { customerMeant, personalOf, recordOfLogin, type Whose } from './whose.ts'

export type SubscriberFault =
  | { readonly type: 'PlanUnknown'; readonly plan: string }
  | { readonly type: 'LoginTaken'; readonly login: string }
  | ClaimFault
  | { readonly type: 'CredentialMissing'; readonly why: string }
  /** The plan's end depends on a clock that nobody vouches for yet. */
  | { readonly type: 'ClockUnsure' }
  | { readonly type: 'SaleTimesUnfit'; readonly why: string }

type Added = Whose & {
  readonly grantNo: number
  readonly login: string
}

const withSecret = subscriberSchema.extend({ password: passwordCell })
type SubscriberInput = z.output<typeof withSecret>
const instant = z.number().int().min(0)

/** Whom a service is added to: who is there, or who is made with it. */
export type Owner = Customer | { readonly newId: string }
type Sale = {
  readonly owner: Owner
  /** It goes on being what it is where its plan is withdrawn. */
  readonly wasSold: boolean
  /** Without them the row says by itself when it begins and ends: what an import brings along. */
  readonly times?: SaleTimes
}

/** Statements of one command: prepared once for all its rows. */
export const createAdder = (ctx: CommandContext) => {
  const addCustomer = ctx.raw.prepare(insertSql(customers))
  const addService = ctx.raw.prepare(insertSql(services))
  const loginTaken = ctx.raw.prepare<[string], { login: string }>('SELECT login FROM grants WHERE login = ?')
  const claimed = claimsAgainst(ctx.raw)
  const putGrant = createGrantWriter(ctx)
  const planOf = plansByName(ctx)

  return (subscriber: SubscriberInput, { owner, wasSold, times }: Sale): Result<Added, SubscriberFault> => {
    const plan = planOf(subscriber.plan, wasSold)
    if (!plan) return err({ type: 'PlanUnknown', plan: subscriber.plan })
    if (loginTaken.get(subscriber.login)) return err({ type: 'LoginTaken', login: subscriber.login })
    const dated = validityAt(ctx, plan, times)
    if (!dated.ok) return dated
    const validity = dated.value
    const credentials = credentialsOf(plan.kind, { ...subscriber, hasPassword: subscriber.password !== undefined })
    if (!credentials.ok) return err({ type: 'CredentialMissing', why: credentials.why })
    const { macLogin, devices, serialLogin } = credentials
    const { serial } = subscriber
    const taken = claimed(credentials, serial)
    if (taken) return err(taken)
    const serviceId = ctx.ids.next('svc')
    const createdAt = ctx.now
    const isNew = 'newId' in owner
    const customer = isNew ? customerRow(owner.newId, createdAt, subscriber) : owner
    const { id: customerId, name, phone } = customer
    const { login } = subscriber
    const [framedIp, mac] = [subscriber.ip ?? null, macLogin ?? devices[0] ?? null]
    if (isNew) addCustomer.run(customer)
    addService.run({
      id: serviceId,
      customerId,
      planId: plan.id,
      kind: plan.kind,
      login,
      status: 'active',
      createdAt,
      framedIp,
      mac,
      foundBy: foundBy({ login, name, phone, framedIp, mac }),
    })
    const { no } = putGrant({
      serviceId,
      login: subscriber.login,
      kind: plan.kind,
      password: subscriber.password,
      policyId: plan.policyId,
      ...validity,
      macLogin,
      devices,
      serial,
      serialLogin,
      framedIp: subscriber.ip,
      framedIpv6Prefix: subscriber.ipv6,
      delegatedIpv6Prefix: subscriber.delegated,
      vlan: subscriber.vlan,
      quotaOctets: plan.quotaOctets ?? undefined,
      quotaSec: plan.quotaSec ?? undefined,
    })
    return ok({ serviceId, customerId, grantNo: no, login: subscriber.login })
  }
}

const customerRow = (id: string, createdAt: number, { login, name, phone, email }: SubscriberInput) => ({
  id,
  kind: 'person',
  name: nameFor({ name, login }),
  phone: phone ?? null,
  email: email ?? null,
  language: 'en',
  status: 'active',
  createdAt,
  movedTo: null,
})

type Plan = typeof plans.site.$inferSelect
type Validity = {
  readonly beginsAt: number | undefined
  readonly expiresAt: number | undefined
  readonly validitySec: number | undefined
}

/** When what is sold now begins and ends; without `times` as the plan says. */
export const validityAt = (ctx: CommandContext, plan: Plan, times?: SaleTimes): Result<Validity, SubscriberFault> => {
  const why = times && saleTimesFault(plan.policy, times, ctx.now)
  if (why !== undefined) return err({ type: 'SaleTimesUnfit', why })
  const validity = validityOf(plan, ctx.now, times)
  return validity.beginsAt === undefined || ctx.sure ? ok(validity) : err({ type: 'ClockUnsure' })
}

/** A plan's validity begins when it is sold, and then its end is known; or with the first login; or as the sale says. */
const validityOf = (
  { validFrom, validitySec, policy }: Plan,
  soldAt: number,
  { beginsAt = soldAt, endsAt = soldAt }: SaleTimes = {},
): Validity => {
  if (policy.clock === 'fixed') return { beginsAt, expiresAt: endsAt, validitySec: undefined }
  if (validFrom === 'first-use')
    return { beginsAt: undefined, expiresAt: undefined, validitySec: validitySec ?? undefined }
  const isDated = validitySec !== null || countsFromBegin(policy)
  return {
    beginsAt: isDated ? soldAt : undefined,
    expiresAt: validitySec === null ? undefined : soldAt + validitySec * 1000,
    validitySec: undefined,
  }
}

/** Plans as a command meets them: read once, each with the row of its policy. */
const plansByName = (ctx: CommandContext) => {
  const found = new Map<string, (typeof plans.site.$inferSelect & { policyId: string }) | undefined>()
  const find = (name: string) => {
    if (found.has(name)) return found.get(name)
    const plan = ctx.db.select().from(plans.site).where(eq(plans.site.name, name)).get()
    const known = plan && { ...plan, policyId: policyRow(ctx, plan.policy) }
    found.set(name, known)
    return known
  }
  // What was sold while the plan was on offer goes on when it is withdrawn.
  return (name: string, wasSold: boolean) => {
    const plan = find(name)
    return plan?.status === 'active' || wasSold ? plan : undefined
  }
}

/** Makes the customer, the service and the grant in one go. */
export const addSubscriber = defineCommand({
  name: 'subscribers.add',
  summary: 'Adds a subscriber: the customer, the service on a plan and the login in one go.',
  output: z.object({ serviceId: z.string(), customerId: z.string(), grantNo: z.number().int(), login: z.string() }),
  permission: 'subscribers.write',
  /** The instants are those of a plan for a fixed time. */
  input: withSecret.extend({ beginsAt: instant.optional(), endsAt: instant.optional() }),
  audit: (input, { value }) => personalOf(value as Added | undefined, input),
  handle: (ctx, { beginsAt, endsAt, ...input }) =>
    createAdder(ctx)(input, {
      owner: { newId: ctx.ids.next('cus') },
      wasSold: false,
      times: { beginsAt, endsAt },
    }),
})

/** Makes a further service, with a login of its own, for a customer who has one. */
export const addService = defineCommand({
  name: 'customers.addService',
  summary: 'Adds a further service, with a login of its own, to a customer who has one.',
  permission: 'subscribers.write',
  input: withSecret
    .omit({ name: true, phone: true, email: true })
    .extend({ customer: customerNamed, beginsAt: instant.optional(), endsAt: instant.optional() }),
  audit: ({ customer, ...input }, about) => ({
    customer: customerMeant(customer, about),
    ...(personalIn((about.value as Added | undefined)?.serviceId, input) as object),
  }),
  handle(ctx, { customer, beginsAt, endsAt, ...input }): Result<Added, SubscriberFault | JoinFault> {
    const owner = joinable(customersIn(ctx.raw).named(customer), customer)
    if (!owner.ok) return owner
    return createAdder(ctx)(input, { owner: owner.value, wasSold: false, times: { beginsAt, endsAt } })
  },
})

const changeStatus = (name: string, status: 'active' | 'suspended', summary: string) =>
  defineCommand({
    name,
    summary,
    output: z.object({ login: z.string(), status: z.enum(['active', 'suspended']), grantNo: z.number().int() }),
    permission: 'subscribers.write',
    input: z.object({ login: z.string() }),
    audit: recordOfLogin,
    handle(ctx, { login }) {
      const service = ctx.db.select().from(services.site).where(eq(services.site.login, login)).get()
      if (!service) return err({ type: 'SubscriberUnknown', login })
      if (service.status === 'ended') return err({ type: 'ServiceEnded', login })
      ctx.db.update(services.site).set({ status }).where(eq(services.site.id, service.id)).run()
      ctx.db.update(grants.site).set({ status }).where(eq(grants.site.serviceId, service.id)).run()
      const grant = ctx.db
        .select({ no: grants.site.no })
        .from(grants.site)
        .where(eq(grants.site.serviceId, service.id))
        .get()
      ctx.changed({ status: service.status }, { status })
      if (grant) ctx.emit(accessChanged, { grantNo: grant.no })
      return ok({ login, status, grantNo: grant?.no ?? 0 })
    },
  })

/** Refuses further logins; the reconciler ends the sessions that should not be. */
export const suspendSubscriber = changeStatus(
  'subscribers.suspend',
  'suspended',
  'Suspends a subscriber: logins are refused and sessions that are open are ended.',
)
export const resumeSubscriber = changeStatus(
  'subscribers.resume',
  'active',
  'Resumes a suspended subscriber: logins are let in again, as far as the service is in order.',
)
