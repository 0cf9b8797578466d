/** A service that goes to another customer: it was put to the wrong one, or two are one and the same. */
import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, personalIn, type CommandContext } from '@lango/kernel/verbs'
import { customers } from '../customers/tables.ts'
import { createFoundByWriter } from './found-by.ts'
import { customerNamed, customersIn, joinable, livingOf, NOBODY, type JoinFault } from './owner.ts'
import { behindLogin, customerMeant, recordOfLogin, type Whose } from './whose.ts'

type MoveFault =
  | { readonly type: 'SubscriberUnknown'; readonly login: string }
  /** It is theirs already, or the only service of its customer already. */
  | { readonly type: 'MoveNeedless'; readonly login: string }
  | JoinFault

/** Prepared once for all rows of a command; the customer it goes to has been looked at. */
export const createMover = (ctx: CommandContext): ((whose: Whose, to: string) => void) => {
  const found = customersIn(ctx.raw)
  const move = ctx.raw.prepare('UPDATE services SET customer_id = @to WHERE id = @serviceId')
  const close = ctx.raw.prepare(
    `UPDATE customers SET name = @name, phone = @phone, email = @email, status = 'closed', moved_to = @to WHERE id = @id`,
  )
  const writeFoundBy = createFoundByWriter(ctx.raw)
  return ({ serviceId, customerId: id }, to) => {
    const { name, phone, email, services } = found.withId(id)!
    move.run({ serviceId, to })
    writeFoundBy(to)
    // Nothing would lead to whom nothing is left of: they are the other from now on.
    const isLast = services === 1
    if (isLast) close.run({ id, to, ...NOBODY })
    const closed = isLast ? personalIn(id, { name, phone, email }) : undefined
    ctx.changed({ customerId: id, closed }, { customerId: to })
  }
}

/** Without a customer it becomes the service of one of its own, who is called and reached as the present one. */
export const moveService = defineCommand({
  name: 'subscribers.move',
  summary: 'Moves a service to another customer, or to one of its own.',
  permission: 'subscribers.write',
  input: z.object({ login: z.string().min(1).max(253), customer: customerNamed.optional() }),
  audit: ({ customer, ...input }, about) => ({
    ...(recordOfLogin(input, about) as object),
    customer: customer === undefined ? undefined : customerMeant(customer, about),
  }),
  handle(ctx, { login, customer }): Result<Whose & { readonly login: string }, MoveFault> {
    const whose = behindLogin(ctx)(login)
    if (!whose) return err({ type: 'SubscriberUnknown', login })
    const from = livingOf(customersIn(ctx.raw).withId(whose.customerId), login)
    if (!from.ok) return from
    const target = customer === undefined ? ok(undefined) : joinable(customersIn(ctx.raw).named(customer), customer)
    if (!target.ok) return target
    const isThere = target.value === undefined ? from.value.services === 1 : target.value.id === whose.customerId
    if (isThere) return err({ type: 'MoveNeedless', login })
    const customerId = target.value?.id ?? anotherLike(ctx, whose.customerId)
    createMover(ctx)(whose, customerId)
    return ok({ login, serviceId: whose.serviceId, customerId })
  },
})

const anotherLike = (ctx: CommandContext, customerId: string): string => {
  const present = ctx.db.select().from(customers.site).where(eq(customers.site.id, customerId)).get()!
  const id = ctx.ids.next('cus')
  ctx.db
    .insert(customers.site)
    .values({ ...present, id, createdAt: ctx.now })
    .run()
  return id
}
