/** Changes of many subscribers at once, and their passwords for an export. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import {
  defineCommand,
  inParts,
  inputInvalid,
  rowParts,
  type CommandContext,
  type DispatchFault,
} from '@lango/kernel/verbs'
import { accessChanged, credentialPurpose, normaliseDevice, passphrasePurpose, policyRow } from '../access/index.ts'
import { plans } from '../plans/tables.ts'
import { claimsAgainst, type ClaimFault } from './claims.ts'
import { IMPORT_CHUNK_ROWS, createCarrier, isWithoutPassword, subscriberRow, type SubscriberRow } from './import.ts'
import { orNull, passwordCell, textOf } from './cells.ts'
import { createFoundByWriter, foundBy } from './found-by.ts'
import { createMover } from './move.ts'
import { customersIn, joinable, type Customer, type JoinFault } from './owner.ts'
import { credentialsOf, nameFor } from './rules.ts'
import { clearedByEmpty, overlaid, subscriberCells, subscriberColumns, subscriberSheet } from './sheet.ts'
import { behindLogin, personalOf, recordOfLogins, type Whose } from './whose.ts'

type ChangeFault =
  | { readonly type: 'SubscriberUnknown'; readonly login: string }
  | JoinFault
  | { readonly type: 'PlanUnknown'; readonly plan: string }
  | ClaimFault
  | { readonly type: 'CredentialMissing'; readonly why: string }
  | Extract<DispatchFault, { type: 'InputInvalid' }>

type Current = Whose & {
  readonly grantId: string
  readonly grantNo: number
  readonly planId: string
  readonly policyId: string
  readonly credential: Buffer | null
}

const prepareChange = ({ raw }: CommandContext) => ({
  current: raw.prepare<[string], Current>(
    `SELECT s.id AS serviceId, s.customer_id AS customerId, g.id AS grantId, g.no AS grantNo, s.plan_id AS planId,
       g.policy_id AS policyId, g.credential
     FROM services s JOIN grants g ON g.service_id = s.id WHERE s.login = ?`,
  ),
  claimed: claimsAgainst(raw),
  customers: customersIn(raw),
  customer: raw.prepare('UPDATE customers SET name = @name, phone = @phone, email = @email WHERE id = @customerId'),
  service: raw.prepare(
    `UPDATE services SET plan_id = @planId, kind = @kind, framed_ip = @framedIp, mac = @mac, found_by = @foundBy
     WHERE id = @serviceId`,
  ),
  grant: raw.prepare(
    `UPDATE grants SET kind = @kind, policy_id = @policyId, credential = @credential, mac_login = @macLogin,
       devices = @devices, serial = @serial, serial_login = @serialLogin, framed_ip = @framedIp, framed_ipv6_prefix = @framedIpv6Prefix,
       delegated_ipv6_prefix = @delegatedIpv6Prefix, vlan = @vlan
     WHERE id = @grantId`,
  ),
})

type Statements = ReturnType<typeof prepareChange>
type Judged = {
  readonly current: Current
  readonly row: SubscriberRow
  /** Whose it is from now on. */
  readonly customer: Customer
  readonly plan: typeof plans.site.$inferSelect
  readonly macLogin: string | undefined
  readonly devices: readonly string[]
  readonly serialLogin: boolean
}

type Seen = ResultOf<typeof subscriberSheet>[number]
type Overlay = { readonly row: SubscriberRow; readonly customer: Customer }

/** The row with these cells laid over what stands there; a service that goes to another customer is told of as theirs. */
const rowWith = (
  { customers }: Statements,
  seen: Seen | undefined,
  change: ChangeRow,
): Result<Overlay, ChangeFault> => {
  const { login, mac, devices } = change
  if (!seen) return err({ type: 'SubscriberUnknown', login })
  const id = change.customer || seen.customerId
  const owner = id === seen.customerId ? ok(customers.withId(id)!) : joinable(customers.withId(id), id)
  if (!owner.ok) return owner
  const { name, phone, email } = owner.value
  const stands = { ...subscriberCells(seen), customer: id, name, phone: textOf(phone), email: textOf(email) }
  // Another device that is sold with the service is bound by being sold.
  const cells = { ...change, password: undefined, devices: mac !== undefined && devices === undefined ? '' : devices }
  const parsed = subscriberRow.safeParse(overlaid(stands, cells, clearedByEmpty))
  return parsed.success ? ok({ row: parsed.data, customer: owner.value }) : err(inputInvalid(parsed.error))
}

/** Holds the whole against the rules of a new row. */
const judge = (
  ctx: CommandContext,
  statements: Statements,
  seen: Seen | undefined,
  change: ChangeRow,
): Result<Judged, ChangeFault> => {
  const overlay = rowWith(statements, seen, change)
  if (!overlay.ok) return overlay
  const { row, customer } = overlay.value
  const current = statements.current.get(row.login)!
  const plan = ctx.db.select().from(plans.site).where(eq(plans.site.name, row.plan)).get()
  const isSold = plan?.status === 'active' || plan?.id === current.planId
  if (!plan || !isSold) return err({ type: 'PlanUnknown', plan: row.plan })
  const hasPassword = change.password !== undefined || (current.credential !== null && !isWithoutPassword(row))
  const credentials = credentialsOf(plan.kind, { ...row, hasPassword })
  if (!credentials.ok) return err({ type: 'CredentialMissing', why: credentials.why })
  const { macLogin, devices, serialLogin } = credentials
  const taken = statements.claimed(credentials, row.serial, current.grantId)
  if (taken) return err(taken)
  return ok({ current, row, customer, plan, macLogin, devices, serialLogin })
}

/** What stands there: read for all rows together, and again for a row that names a login once more. */
const createSeer = (ctx: CommandContext, logins: readonly string[]): ((login: string) => Seen | undefined) => {
  const read = (which: readonly string[]) => ctx.query(subscriberSheet, { logins: [...which] })
  const unread = new Map(read(logins).map((row) => [row.login, row]))
  const repeated = new Set<string>()
  return (login) => {
    if (repeated.has(login)) return read([login])[0]
    repeated.add(login)
    return unread.get(login)
  }
}

const createChanger = (ctx: CommandContext, logins: readonly string[]) => {
  const seen = createSeer(ctx, logins)
  const statements = prepareChange(ctx)
  const carry = createCarrier(ctx)
  const move = createMover(ctx)
  const writeFoundBy = createFoundByWriter(ctx.raw)

  return (change: ChangeRow): Result<{ readonly grantNo: number }, ChangeFault> => {
    const judged = judge(ctx, statements, seen(change.login), change)
    if (!judged.ok) return judged
    const { current, row, customer: owner, plan, macLogin, devices, serialLogin } = judged.value
    const { grantId, serviceId, grantNo } = current
    const { id: customerId } = owner
    if (customerId !== current.customerId) move(current, customerId)
    const { kind } = plan
    const framedIp = orNull(row.ip)
    const customer = { name: nameFor(row), phone: orNull(row.phone), email: orNull(row.email) }
    const mac = macLogin ?? soldDevice(row)
    const found = foundBy({ ...customer, login: row.login, framedIp, mac })
    statements.customer.run({ customerId, ...customer })
    statements.service.run({ serviceId, planId: plan.id, kind, framedIp, mac, foundBy: found })
    statements.grant.run({
      grantId,
      kind,
      // What was sold stays sold when the plan is changed; it is another when the plan is another.
      policyId: plan.id === current.planId ? current.policyId : policyRow(ctx, plan.policy),
      credential: change.password ? ctx.vault.seal(change.password, credentialPurpose(grantId)) : current.credential,
      macLogin: orNull(macLogin),
      devices: JSON.stringify(devices),
      serial: orNull(row.serial),
      serialLogin: serialLogin ? 1 : 0,
      framedIp,
      framedIpv6Prefix: orNull(row.ipv6),
      delegatedIpv6Prefix: orNull(row.delegated),
      vlan: orNull(row.vlan),
    })
    carry({ serviceId, customerId }, row)
    // It is one customer whatever service of theirs was asked about.
    if (customer.name !== owner.name || customer.phone !== owner.phone) writeFoundBy(customerId)
    ctx.emit(accessChanged, { grantNo })
    return ok({ grantNo })
  }
}

/** The device as a subscriber sheet tells it. */
const soldDevice = ({ mac }: SubscriberRow): string | null => (mac === undefined ? null : normaliseDevice(mac))

const cell = z.string().max(4096).optional()
const changeRow = z.object({
  ...(Object.fromEntries(subscriberColumns.map((column) => [column, cell])) as Record<
    (typeof subscriberColumns)[number],
    typeof cell
  >),
  login: z.string().min(1),
  password: passwordCell,
})
type ChangeRow = z.output<typeof changeRow>

/** Rows of one transaction. */
const CHANGED_AT_ONCE = 15

/** Changes the cells that are given; an empty one clears what may be empty, and says nothing elsewhere. */
export const changeSubscribers = inParts(
  defineCommand({
    name: 'subscribers.change',
    summary: 'Changes cells of many subscribers by login; an empty cell clears what may be empty, one left out stays.',
    output: z.object({ changed: z.number().int() }),
    permission: 'subscribers.write',
    input: z.object({ rows: z.array(changeRow).min(1).max(IMPORT_CHUNK_ROWS) }),
    audit({ rows }, about) {
      const behind = behindLogin(about)
      return { rows: rows.map((row) => personalOf(behind(row.login), row)) }
    },
    handle(ctx, { rows }) {
      const change = createChanger(
        ctx,
        rows.map(({ login }) => login),
      )
      const refused: { row: number; fault: ChangeFault }[] = []
      rows.forEach((row, index) => {
        const changed = change(row)
        if (!changed.ok) refused.push({ row: index, fault: changed.error })
      })
      return ok({ changed: rows.length - refused.length, refused })
    },
  }),
  rowParts('changed', CHANGED_AT_ONCE),
)

type SealedSecrets = { readonly id: string; readonly credential: Buffer | null; readonly passphrase: Buffer | null }

/**
 * Network passwords and Wi-Fi passphrases, for an export that a box can be made anew from. Only at the box itself, and
 * on record.
 */
export const revealPasswords = defineCommand({
  name: 'subscribers.reveal',
  permission: 'system',
  valueIsSecret: true,
  input: z.object({ logins: z.array(z.string()).min(1).max(1000) }),
  audit: ({ logins }, about) => recordOfLogins(logins, about),
  handle(ctx, { logins }) {
    const sealed = ctx.raw.prepare<[string], SealedSecrets>(
      `SELECT g.id, g.credential, p.passphrase FROM grants g LEFT JOIN passphrases p ON p.id = g.id WHERE g.login = ?`,
    )
    const passwords: { login: string; password: string }[] = []
    const passphrases: { login: string; passphrase: string }[] = []
    for (const login of logins) {
      const { id = '', credential = null, passphrase = null } = sealed.get(login) ?? {}
      const password = credential && ctx.vault.open(credential, credentialPurpose(id))
      const wifi = passphrase && ctx.vault.open(passphrase, passphrasePurpose(id))
      if (password?.ok === false || wifi?.ok === false) return err({ type: 'PasswordUnreadable', login })
      if (password) passwords.push({ login, password: password.value.reveal() })
      if (wifi) passphrases.push({ login, passphrase: wifi.value.reveal() })
    }
    return ok({ passwords, passphrases })
  },
})
