/** Subscribers that come from a file: new ones, and those of another box as they were there. */
import { z } from 'zod'
import { Secret, err, ok, type Result } from '@lango/kernel'
import { defineCommand, inParts, rowParts, type CommandContext } from '@lango/kernel/verbs'
import { carriedProblem, carriedSchema, grantValues, type Carried } from './carried.ts'
import { optionalCell, passwordCell } from './cells.ts'
import { createAdder, type Owner, type SubscriberFault } from './commands.ts'
import { customersIn, joinable, type Customer, type JoinFault } from './owner.ts'
import { credentialsOf, subscriberSchema } from './rules.ts'
import { recordOfLogins, type Whose } from './whose.ts'

/** Rows that are taken with one request, and those of them that one transaction adds: some milliseconds. */
export const IMPORT_CHUNK_ROWS = 200
const ADDED_AT_ONCE = 50
const NEW_PASSWORD_OCTETS = 9

/** Lines that have the same here are one customer's. */
const customerCell = optionalCell(
  z.string().regex(/^cus_[\w-]{1,64}$/, 'A customer is cus_ and letters or digits: the same in each line of theirs.'),
)

/** One row of an import or export. */
export const subscriberRow = subscriberSchema
  .extend({ password: passwordCell, customer: customerCell, ...carriedSchema.shape })
  .superRefine((row, context) => {
    const problem = carriedProblem(row)
    if (problem) context.addIssue({ code: 'custom', path: [problem.path], message: problem.message })
  })
export type SubscriberRow = z.output<typeof subscriberRow>

const PASSWORD_ABSENT = {
  ok: false,
  why: 'Its password is not in the file. Export it with its secrets, or let the import make a new one.',
} as const

/** As `importSubscribers` will judge the row, for whoever checks a file beforehand. */
export const credentialsOfRow = (
  kind: string,
  row: SubscriberRow,
  makesPasswords: boolean,
): ReturnType<typeof credentialsOf> => {
  const hasPassword = row.password !== undefined
  if (row.loginBy === 'password' && !hasPassword)
    return makesPasswords ? credentialsOf(kind, { ...row, hasPassword: true }) : PASSWORD_ABSENT
  const credentials = credentialsOf(kind, { ...row, hasPassword })
  if (credentials.ok || isWithoutPassword(row) || !makesPasswords) return credentials
  return credentialsOf(kind, { ...row, hasPassword: true })
}

/** A device or a line logs in by itself. */
export const isWithoutPassword = ({ loginBy }: SubscriberRow): boolean => loginBy === 'device' || loginBy === 'serial'

/** Writes what a row brings along over what its plan gave it. Prepared once for all the rows of a command. */
export const createCarrier = (ctx: CommandContext): ((ids: Whose, row: Carried) => void) => {
  const service = ctx.raw.prepare(
    'UPDATE services SET status = coalesce(@status, status), created_at = coalesce(@createdAt, created_at) WHERE id = @serviceId',
  )
  const customer = ctx.raw.prepare<[string]>(
    `UPDATE customers SET created_at = (SELECT min(created_at) FROM services WHERE customer_id = customers.id)
     WHERE id = ?`,
  )
  const grant = ctx.raw.prepare(
    `UPDATE grants SET
       status = coalesce(@status, status),
       expires_at = CASE WHEN @validityGiven THEN @expiresAt ELSE expires_at END,
       validity_sec = CASE WHEN @validityGiven THEN @validitySec ELSE validity_sec END,
       first_used_at = CASE WHEN @validityGiven THEN @firstUsedAt ELSE first_used_at END,
       begins_at = CASE WHEN @validityGiven THEN @beginsAt ELSE begins_at END,
       quota_octets = CASE WHEN @quotaGiven THEN @quotaOctets ELSE quota_octets END,
       quota_sec = CASE WHEN @quotaSecGiven THEN @quotaSec ELSE quota_sec END,
       top_ups = coalesce(@topUps, top_ups),
       devices = coalesce(@devices, devices)
     WHERE service_id = @serviceId`,
  )
  return ({ serviceId, customerId }, row) => {
    const values = grantValues(row)
    const createdAt = row.createdAt ?? null
    const brings = values.validityGiven + values.quotaGiven + values.quotaSecGiven > 0
    if (!brings && (values.devices ?? values.topUps ?? values.status ?? createdAt) === null) return
    grant.run({ ...values, serviceId })
    service.run({ serviceId, status: values.status, createdAt })
    if (createdAt !== null) customer.run(customerId)
  }
}

export type ImportRowFault = SubscriberFault | JoinFault | { readonly type: 'CustomerDiffers'; readonly column: Detail }
const details = ['name', 'phone', 'email'] as const
type Detail = (typeof details)[number]

/** What a line says of a customer who is there and is not so; what it leaves out it does not say. */
export const detailThatDiffers = (
  customer: Readonly<Record<Detail, string | null>>,
  told: { readonly [D in Detail]?: string | undefined },
): Detail | undefined =>
  details.find((detail) => told[detail] !== undefined && told[detail] !== (customer[detail] ?? ''))

/** Whose a row is: somebody who is there or was in a line before it, or somebody new. */
const createOwners = (ctx: CommandContext): ((row: SubscriberRow) => Result<Owner, ImportRowFault>) => {
  const { withId } = customersIn(ctx.raw)
  return ({ customer, ...row }) => {
    const found: Customer | undefined = customer === undefined ? undefined : withId(customer)
    if (customer === undefined || !found) return ok({ newId: customer ?? ctx.ids.next('cus') })
    const column = detailThatDiffers(found, row)
    if (column !== undefined) return err({ type: 'CustomerDiffers', column })
    return joinable(found, customer)
  }
}

/** Adds a row; makes a password for one that needs it and has none, where that is wanted. */
const createImporter = (ctx: CommandContext, makesPasswords: boolean) => {
  const add = createAdder(ctx)
  const carry = createCarrier(ctx)
  const ownerOf = createOwners(ctx)
  const newPassword = () => new Secret(ctx.random.bytes(NEW_PASSWORD_OCTETS).toString('base64url'))
  const tryAdd = (row: SubscriberRow, owner: Owner) => {
    const sale = { owner, wasSold: row.createdAt !== undefined }
    if (row.loginBy === 'password' && row.password === undefined)
      return makesPasswords
        ? add({ ...row, password: newPassword() }, sale)
        : err({ type: 'CredentialMissing', why: PASSWORD_ABSENT.why } as const)
    const added = add(row, sale)
    const lacksPassword = !added.ok && added.error.type === 'CredentialMissing' && !isWithoutPassword(row)
    return lacksPassword && makesPasswords ? add({ ...row, password: newPassword() }, sale) : added
  }
  return (row: SubscriberRow): Result<unknown, ImportRowFault> => {
    const owner = ownerOf(row)
    if (!owner.ok) return owner
    const added = tryAdd(row, owner.value)
    if (added.ok) carry(added.value, row)
    return added
  }
}

/** Adds many; a row that cannot be added is told of and does not stop the others. */
export const importSubscribers = inParts(
  defineCommand({
    name: 'subscribers.import',
    summary:
      'Adds many subscribers from rows of text cells; a row that cannot be added is told of and does not stop the others.',
    permission: 'subscribers.write',
    input: z.object({
      rows: z.array(subscriberRow).min(1).max(IMPORT_CHUNK_ROWS),
      /** Rows that need a password and have none get a new one. */
      newPasswords: z.boolean().default(false),
    }),
    audit: ({ rows }, about) =>
      recordOfLogins(
        rows.map(({ login }) => login),
        about,
      ),
    handle(ctx, { rows, newPasswords }) {
      const add = createImporter(ctx, newPasswords)
      const refused: { row: number; fault: ImportRowFault }[] = []
      rows.forEach((row, index) => {
        const added = add(row)
        if (!added.ok) refused.push({ row: index, fault: added.error })
      })
      return ok({ added: rows.length - refused.length, refused })
    },
  }),
  rowParts('added', ADDED_AT_ONCE),
)
