import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import { putMessage } from './put.ts'
import { senderReportUrl } from './report-tokens.ts'
import {
  channelOf,
  channels,
  emailAddress,
  messageLimits,
  needsSecret,
  phoneNumber,
  secretHolder,
  senderSchema,
  senderSecretPurpose,
  tellsPassword,
} from './rules.ts'
import { messages, messageSenders } from './tables.ts'

/** Sets who sends the messages of a channel; a secret that is not given stays while it is told to the same server and user. */
export const setSender = defineCommand({
  name: 'messages.setSender',
  summary: 'Sets by whose server messages of a channel (phone or e-mail) are sent; a secret left out stays.',
  permission: 'settings.write',
  input: z.object({ sender: senderSchema }),
  handle(ctx, { sender: { secret, ...config } }) {
    const channel = channelOf(config)
    if (tellsPassword(config)) return err({ type: 'PasswordInClear' })
    const { site } = messageSenders
    const before = ctx.db.select().from(site).where(eq(site.id, channel)).get()
    const isSame = before !== undefined && secretHolder(before.config) === secretHolder(config)
    const kept = isSame ? before.secret : null
    const sealed = secret ? ctx.vault.seal(secret, senderSecretPurpose(channel)) : kept
    if (needsSecret(config) && sealed === null) return err({ type: 'SenderSecretMissing', channel })
    const row = {
      id: channel,
      config,
      secret: needsSecret(config) ? sealed : null,
      reportUrl: senderReportUrl(ctx.vault, config),
      changedAt: ctx.now,
      changedBy: ctx.actor.id,
    }
    ctx.db.insert(site).values(row).onConflictDoUpdate({ target: site.id, set: row }).run()
    ctx.changed(before?.config ?? null, config)
    // What waits for a sender that works is tried now.
    ctx.enqueue(deliverJob, { channel }, { key: channel })
    return ok({ channel, reportUrl: row.reportUrl })
  },
})

/** Nothing is sent on a channel any more; its password or key is forgotten. */
export const removeSender = defineCommand({
  name: 'messages.removeSender',
  summary: 'Takes a channel’s sender away: nothing is sent on it any more, and its secret is forgotten.',
  permission: 'settings.write',
  input: z.object({ channel: z.enum(channels) }),
  handle(ctx, { channel }) {
    const { site } = messageSenders
    const before = ctx.db.delete(site).where(eq(site.id, channel)).returning().get()
    if (!before) return err({ type: 'SenderMissing', channel })
    ctx.changed(before.config, null)
    return ok({ channel })
  },
})

/** Sends a message that says only where it comes from, to see whether it arrives. */
export const testMessage = defineCommand({
  name: 'messages.test',
  summary: 'Sends a message that says only where it comes from, to see whether it arrives.',
  permission: 'settings.write',
  input: z.discriminatedUnion('channel', [
    z.object({ channel: z.literal('email'), to: emailAddress, text: z.string().min(1).max(160).optional() }),
    z.object({ channel: z.literal('sms'), to: phoneNumber, text: z.string().min(1).max(160).optional() }),
  ]),
  audit: ({ channel }) => ({ channel }),
  handle(ctx, { channel, to, text = TEST_TEXT }) {
    const put = putMessage(ctx, {
      channel,
      kind: 'test',
      recipient: to,
      subject: text,
      text,
      expiresAt: ctx.now + messageLimits.testLifeMs,
    })
    return put.ok ? ok({ message: put.value }) : put
  },
})

const TEST_TEXT = 'A test message of Lango. Nothing needs to be done.'

/** Sends again what was given up, while it is worth sending. */
export const retryMessage = defineCommand({
  name: 'messages.retry',
  summary: 'Sends a message again that was given up, while it is worth sending.',
  permission: 'settings.write',
  input: z.object({ message: z.number().int() }),
  handle(ctx, { message: no }) {
    const { site } = messages
    const row = ctx.db.select().from(site).where(eq(site.no, no)).get()
    if (!row) return err({ type: 'MessageUnknown', message: no })
    if (row.state !== 'failed') return err({ type: 'MessageNotFailed', message: no, state: row.state })
    if (row.body === null || row.expiresAt <= ctx.now) return err({ type: 'MessageTooLate', message: no })
    ctx.db.update(site).set({ state: 'waiting', attempts: 0, nextAt: ctx.now }).where(eq(site.no, no)).run()
    ctx.enqueue(deliverJob, { channel: row.channel }, { key: row.channel })
    return ok({ message: no })
  },
})
