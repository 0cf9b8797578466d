/** What a registration leaves behind, removed. */
import { eq } from 'drizzle-orm'
import type { CommandContext } from '@lango/kernel/verbs'
import { forgetMessages } from '../messages/index.ts'
import { aboutOf } from './commands.ts'
import { registrations } from './tables.ts'

export const forgetRegistration = (ctx: CommandContext, no: number): void => {
  ctx.db.delete(registrations.site).where(eq(registrations.site.no, no)).run()
  forgetMessages(ctx, aboutOf(no))
}
