/** What is done to a customer, and so to all of their services. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, inParts, inputInvalid, personalIn, type DispatchFault } from '@lango/kernel/verbs'
import { customers } from '../customers/tables.ts'
import { orNull, textOf } from './cells.ts'
import { resumeSubscriber, suspendSubscriber } from './commands.ts'
import { createFoundByWriter } from './found-by.ts'
import { customerNamed, customersIn, livingOf, type CustomerFault } from './owner.ts'
import { subscriberSchema } from './rules.ts'
import { clearedByEmpty, overlaid } from './sheet.ts'
import { customerMeant } from './whose.ts'

const cell = z.string().max(4096).optional()
const detailsSchema = subscriberSchema.pick({ name: true, phone: true, email: true })

/** Changes what is given: an empty phone or e-mail takes it away, an empty name says nothing. */
export const changeCustomer = defineCommand({
  name: 'customers.change',
  summary: 'Changes how a customer is called, reached and spoken to, for all of their services.',
  permission: 'subscribers.write',
  input: z.object({
    customer: customerNamed,
    name: cell,
    phone: cell,
    email: cell,
    language: z.enum(['en', 'sw']).optional(),
  }),
  audit({ customer, ...input }, about) {
    const id = customersIn(about.raw).named(customer)?.id
    return { customer: customerMeant(customer, about), ...(personalIn(id, input) as object) }
  },
  handle(
    ctx,
    { customer, language, ...cells },
  ): Result<{ readonly customerId: string; readonly services: number }, CustomerFault | InputInvalid> {
    const living = livingOf(customersIn(ctx.raw).named(customer), customer)
    if (!living.ok) return living
    const { id, services, name, phone, email, language: spoken } = living.value
    const parsed = detailsSchema.safeParse(
      overlaid({ name, phone: textOf(phone), email: textOf(email) }, cells, clearedByEmpty),
    )
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const now = {
      name: parsed.data.name ?? name,
      phone: orNull(parsed.data.phone),
      email: orNull(parsed.data.email),
      language: language ?? spoken,
    }
    ctx.db.update(customers.site).set(now).where(eq(customers.site.id, id)).run()
    createFoundByWriter(ctx.raw)(id)
    ctx.changed(personalIn(id, { name, phone, email, language: spoken }), personalIn(id, now))
    return ok({ customerId: id, services })
  },
})

type InputInvalid = Extract<DispatchFault, { type: 'InputInvalid' }>

/** Services of one transaction: each is a command with its own record. */
const CHANGED_AT_ONCE = 15

type ChangedAll = { readonly customerId: string; readonly logins: readonly string[]; readonly more: boolean }

const changeAll = <const N extends string>(
  { name, summary }: { readonly name: N; readonly summary: string },
  one: typeof suspendSubscriber,
  from: 'active' | 'suspended',
) =>
  inParts(
    defineCommand({
      name,
      summary,
      permission: 'subscribers.write',
      input: z.object({ customer: customerNamed }),
      audit: ({ customer }, about) => ({ customer: customerMeant(customer, about) }),
      handle(ctx, { customer }): Result<ChangedAll, CustomerFault> {
        const living = livingOf(customersIn(ctx.raw).named(customer), customer)
        if (!living.ok) return living
        const { id } = living.value
        const found = ctx.raw
          .prepare<[string, string, number], string>(
            'SELECT login FROM services WHERE customer_id = ? AND status = ? ORDER BY login LIMIT ?',
          )
          .pluck()
          .all(id, from, CHANGED_AT_ONCE + 1)
        const logins = found.slice(0, CHANGED_AT_ONCE)
        // Each is told and kept on record as if it were done by itself.
        for (const login of logins) ctx.call(one, { login })
        return ok({ customerId: id, logins, more: found.length > logins.length })
      },
    }),
    {
      next: (input, { more }) => (more ? input : undefined),
      join: (before, after) => ({ ...after, logins: [...before.logins, ...after.logins] }),
    },
  )

/** All services of a customer that are active; others stay as they are. */
export const suspendCustomer = changeAll(
  { name: 'customers.suspend', summary: 'Suspends all services of a customer that are active.' },
  suspendSubscriber,
  'active',
)
/** All services of a customer that are suspended. */
export const resumeCustomer = changeAll(
  { name: 'customers.resume', summary: 'Resumes all services of a customer that are suspended.' },
  resumeSubscriber,
  'suspended',
)
