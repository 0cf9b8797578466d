/** Subscribers that come from a file: new ones, and those of another box as they were there. */
import { z } from 'zod'
import { Secret, err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { carriedProblem, carriedSchema, grantValues, type Carried } from './carried.ts'
import { passwordCell } from './cells.ts'
import { createAdder, type SubscriberFault } from './commands.ts'
import { credentialsOf, subscriberSchema } from './rules.ts'
import { recordOfLogins } from './whose.ts'

/** Rows of one command: its transaction stays short, so that nothing else waits long. */
export const IMPORT_CHUNK_ROWS = 200
const NEW_PASSWORD_OCTETS = 9

/** One row of an import or export. */
export const subscriberRow = subscriberSchema
  .extend({ password: passwordCell, ...carriedSchema.shape })
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

type Ids = { readonly serviceId: string; readonly customerId: string }

/** Writes what a row brings along over what its plan gave it. Prepared once for all the rows of a command. */
export const createCarrier = (ctx: CommandContext): ((ids: Ids, row: Carried) => void) => {
  const service = ctx.raw.prepare(
    'UPDATE services SET status = coalesce(@status, status), created_at = coalesce(@createdAt, created_at) WHERE id = @serviceId',
  )
  const customer = ctx.raw.prepare('UPDATE customers SET created_at = @createdAt WHERE id = @customerId')
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
    if (createdAt !== null) customer.run({ customerId, createdAt })
  }
}

/** Adds a row; makes a password for one that needs it and has none, where that is wanted. */
const createImporter = (ctx: CommandContext, makesPasswords: boolean) => {
  const add = createAdder(ctx)
  const carry = createCarrier(ctx)
  const newPassword = () => new Secret(ctx.random.bytes(NEW_PASSWORD_OCTETS).toString('base64url'))
  const tryAdd = (row: SubscriberRow) => {
    const wasSold = row.createdAt !== undefined
    if (row.loginBy === 'password' && row.password === undefined)
      return makesPasswords
        ? add({ ...row, password: newPassword() }, wasSold)
        : err({ type: 'CredentialMissing', why: PASSWORD_ABSENT.why } as const)
    const added = add(row, wasSold)
    const lacksPassword = !added.ok && added.error.type === 'CredentialMissing' && !isWithoutPassword(row)
    return lacksPassword && makesPasswords ? add({ ...row, password: newPassword() }, wasSold) : added
  }
  return (row: SubscriberRow): Result<unknown, SubscriberFault> => {
    const added = tryAdd(row)
    if (added.ok) carry(added.value, row)
    return added
  }
}

/** Adds many; a row that cannot be added is told of and does not stop the others. */
export const importSubscribers = defineCommand({
  name: 'subscribers.import',
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
    const refused: { row: number; fault: SubscriberFault }[] = []
    rows.forEach((row, index) => {
      const added = add(row)
      if (!added.ok) refused.push({ row: index, fault: added.error })
    })
    return ok({ added: rows.length - refused.length, refused })
  },
})
