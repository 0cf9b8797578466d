import type { z } from 'zod'
import { FaultError, type Clock, type Secret } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { defineJob, type JobContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import type { MessageSender, SendOutcome } from './port.ts'
import { dueMessages } from './queries.ts'
import { channels, messageLimits, oneLine, type Channel } from './rules.ts'
import { recordMessages, type attemptSchema } from './work.ts'

export type MessageDeliveryDeps = {
  /** As it is set up now; undefined when it is not, or its secret cannot be opened. */
  readonly senderOf: (channel: Channel) => MessageSender | undefined
  /** The text of a message; undefined when it cannot be opened. */
  readonly textOf: (no: number) => Secret | undefined
  /** Where the provider may tell of it; undefined where nobody reaches the box. */
  readonly reportUrlOf: (channel: Channel, message: { no: number; createdAt: number }) => string | undefined
  readonly clock: Pick<Clock, 'now'>
}

type Due = ResultOf<typeof dueMessages>[number]
type Attempt = z.output<typeof attemptSchema>

/**
 * Sends what is due on a channel, a round at a time; the command that records the round enqueues the next. A crash
 * before the record sends a message again.
 */
export const createMessageDelivery = ({ senderOf, textOf, reportUrlOf, clock }: MessageDeliveryDeps) => {
  /** Channels that a round is on its way on: whoever comes meanwhile is served by the next. */
  const busy = new Set<Channel>()

  const outcomeOf = (channel: Channel, due: Due, sender: MessageSender | undefined, signal: AbortSignal) => {
    const { no, recipient: to, subject, createdAt, expiresAt } = due
    if (expiresAt <= clock.now()) return refused('it was too late to send it')
    const text = textOf(no)
    if (!text) return refused('its text cannot be opened')
    if (!sender) return { type: 'later', reason: 'no sender is set up, or its secret cannot be opened' } as const
    const reportUrl = reportUrlOf(channel, due)
    return sender.send({ id: `${no}.${createdAt}`, to, subject, text: text.reveal(), reportUrl }, signal)
  }

  const send = async ({ signal }: JobContext, channel: Channel, due: readonly Due[]): Promise<Attempt[]> => {
    busy.add(channel)
    try {
      const sender = senderOf(channel)
      return await Promise.all(
        due.map(async (message) => attemptOf(message, await outcomeOf(channel, message, sender, signal))),
      )
    } finally {
      // Before the record: what that enqueues may start at once.
      busy.delete(channel)
    }
  }

  return defineJob({
    ...deliverJob,
    limits: { atOnce: channels.length, timeoutMs: messageLimits.roundMs, backoffMs: messageLimits.backoffMs },
    async run(context, { channel }) {
      if (busy.has(channel)) return
      const due = context.query(dueMessages, { channel, now: clock.now() })
      const [first] = due
      if (!first) return
      const attempts = await send(context, channel, due)
      context.signal.throwIfAborted()
      // A try of a message is recorded once: it names the command.
      const part = `/${first.no}.${first.attempts}.${context.attempt}`
      const recorded = context.dispatch(recordMessages, { channel, attempts }, part)
      if (!recorded.ok) throw new FaultError(recorded.error)
    },
  })
}

const refused = (reason: string): SendOutcome => ({ type: 'refused', reason })

const attemptOf = ({ no, attempts: before }: Due, outcome: SendOutcome): Attempt => ({
  no,
  before,
  outcome: outcome.type,
  providerId:
    outcome.type === 'accepted' && outcome.providerId !== null
      ? oneLine(outcome.providerId, messageLimits.providerIdLengthMax)
      : null,
  reason: outcome.type === 'accepted' ? null : oneLine(outcome.reason, messageLimits.reasonLengthMax),
})
