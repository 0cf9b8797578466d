/** What other modules send: kept with the command that it comes from, sent after it. */
import { eq } from 'drizzle-orm'
import { err, ok, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import { isWithin, messageLimits, messageTextPurpose, oneLine, prefixesOf, type Channel } from './rules.ts'
import { messages, messageSenders } from './tables.ts'

export type MessageFault =
  | { readonly type: 'SenderMissing'; readonly channel: Channel }
  | { readonly type: 'NumberElsewhere'; readonly prefixes: readonly string[] }
  | { readonly type: 'MessagesFull'; readonly max: number }

export type NewMessage = {
  readonly channel: Channel
  readonly kind: string
  readonly about?: string
  readonly recipient: string
  readonly subject: string
  readonly text: string
  readonly expiresAt: number
}

/** Answers the number of the message. */
export const putMessage = (ctx: CommandContext, message: NewMessage): Result<number, MessageFault> => {
  const { channel, kind, about, recipient, text, expiresAt } = message
  const sender = ctx.db.select().from(messageSenders.site).where(eq(messageSenders.site.id, channel)).get()
  if (!sender) return err({ type: 'SenderMissing', channel })
  const prefixes = prefixesOf(sender.config)
  if (channel === 'sms' && !isWithin(recipient, prefixes)) return err({ type: 'NumberElsewhere', prefixes })
  if (isFull(ctx)) return err({ type: 'MessagesFull', max: messageLimits.waitingMax })
  const no = ctx.counter('message')
  ctx.db
    .insert(messages.site)
    .values({
      no,
      channel,
      kind,
      about: about ?? null,
      recipient,
      subject: oneLine(message.subject, messageLimits.subjectLengthMax),
      body: ctx.vault.seal(text.slice(0, messageLimits.textLengthMax), messageTextPurpose(no)),
      state: 'waiting',
      attempts: 0,
      createdAt: ctx.now,
      nextAt: ctx.now,
      expiresAt,
      providerId: null,
      reason: null,
      early: null,
    })
    .run()
  ctx.enqueue(deliverJob, { channel }, { key: channel })
  return ok(no)
}

const isFull = (ctx: CommandContext): boolean =>
  ctx.raw
    .prepare<[number]>("SELECT 1 FROM messages WHERE state = 'waiting' LIMIT 1 OFFSET ?")
    .get(messageLimits.waitingMax - 1) !== undefined

/** Nothing of what was sent about something is kept any longer. */
export const forgetMessages = (ctx: CommandContext, about: string): void => {
  ctx.db.delete(messages.site).where(eq(messages.site.about, about)).run()
}
