import { and, eq, lt, lte } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery, descending } from '@lango/kernel/db'
import { channels, messageLimits, messageStates } from './rules.ts'
import { messages, messageSenders } from './tables.ts'

/** Rows of one page of the log. */
const PAGE_ROWS_MAX = 200

/** By whom messages are sent, without what only the providers may know. */
export const listSenders = defineQuery({
  name: 'messages.senders',
  summary: 'Lists by whom messages are sent, without secrets.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { messageSenders },
  select: ({ db, messageSenders: senders, byKey }) =>
    db
      .select()
      .from(senders)
      .orderBy(...byKey(senders)),
  shape: (rows) => rows,
})

/** What was sent and what came of it, newest first; `before` is the number of the last message of the page before. */
export const listMessages = defineQuery({
  name: 'messages.list',
  summary: 'Lists messages that were sent and what came of them, the newest first.',
  permission: 'settings.write',
  input: z.object({
    before: z.number().int().default(Number.MAX_SAFE_INTEGER),
    channel: z.enum(channels).optional(),
    state: z.enum(messageStates).optional(),
    limit: z.number().int().min(1).max(PAGE_ROWS_MAX).default(50),
  }),
  tables: { messages },
  examples: [{}, { before: 10, limit: 3 }, { state: 'failed' }, { channel: 'sms' }],
  select: ({ db, messages }, { before, channel, state, limit }) =>
    db
      .select()
      .from(messages)
      .where(
        and(
          lt(messages.no, before),
          channel === undefined ? undefined : eq(messages.channel, channel),
          state === undefined ? undefined : eq(messages.state, state),
        ),
      )
      .orderBy(descending(messages.no))
      .limit(limit),
  shape: (rows) => rows,
})

/** What is to be sent on a channel now. For the job alone: no module offers it. */
export const dueMessages = defineQuery({
  name: 'messages.due',
  permission: 'system',
  input: z.object({ channel: z.enum(channels), now: z.number().int() }),
  tables: { messages },
  select: ({ db, messages }, { channel, now }) =>
    db
      .select({
        no: messages.no,
        recipient: messages.recipient,
        subject: messages.subject,
        attempts: messages.attempts,
        createdAt: messages.createdAt,
        expiresAt: messages.expiresAt,
      })
      .from(messages)
      .where(and(eq(messages.channel, channel), eq(messages.state, 'waiting'), lte(messages.nextAt, now)))
      .orderBy(messages.nextAt, messages.no)
      .limit(messageLimits.roundMax),
  shape: (rows) => rows,
})
