import type { z } from 'zod'
import { FaultError, type Clock, type Secret } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { defineJob, type JobContext } from '@lango/kernel/verbs'
import { deliverJob } from './deliver-job.ts'
import type { WebhookOutcome, WebhookSender } from './port.ts'
import { dueDeliveries } from './queries.ts'
import { answerStart, attemptErrors, secretBytes, signedHeaders, webhookLimits } from './rules.ts'
import { recordDeliveries, type attemptSchema } from './work.ts'

export type DeliveryDeps = {
  readonly sender: WebhookSender
  /** An endpoint's signing secret; undefined when it cannot be opened. */
  readonly secretOf: (endpointId: string) => Secret | undefined
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

type Due = ResultOf<typeof dueDeliveries>[number]
type Attempt = z.output<typeof attemptSchema>

const GONE = 410

/**
 * Sends what is due at an endpoint, a round at a time; the command that records the round enqueues the next. Each
 * endpoint has a job of its own, so one that is down holds up none but itself. A crash before the record sends a
 * message again, under the same id.
 */
export const createDelivery = ({ sender, secretOf, clock }: DeliveryDeps) => {
  /** Endpoints that a round is on its way to: whoever comes meanwhile is served by the next. */
  const busy = new Set<string>()

  const attempt = async (delivery: Due, secret: Buffer | undefined, signal: AbortSignal): Promise<Attempt> => {
    const { no, attempts: before, messageId, url, body } = delivery
    if (!secret) return { no, before, ...failure(attemptErrors.secret), tookMs: 0 }
    const startedMs = clock.monotonicMs()
    const headers = signedHeaders(secret, { messageId, timestampSec: Math.floor(clock.now() / 1000), body })
    const outcome = await sender.send({ url, headers, body }, signal)
    return { no, before, ...judged(outcome), tookMs: Math.round(clock.monotonicMs() - startedMs) }
  }

  const send = async ({ signal }: JobContext, endpoint: string, due: readonly Due[]): Promise<Attempt[]> => {
    busy.add(endpoint)
    try {
      const secret = secretBytes(secretOf(endpoint)?.reveal() ?? '')
      return await Promise.all(due.map((delivery) => attempt(delivery, secret, signal)))
    } finally {
      // Before the record: what that enqueues may start at once.
      busy.delete(endpoint)
    }
  }

  return defineJob({
    ...deliverJob,
    limits: { atOnce: webhookLimits.endpointsMax, timeoutMs: webhookLimits.roundMs, backoffMs: 5000 },
    async run(context, { endpoint }) {
      if (busy.has(endpoint)) return
      const due = context.query(dueDeliveries, { endpoint, now: clock.now() })
      const [first] = due
      if (!first) return
      const attempts = await send(context, endpoint, due)
      context.signal.throwIfAborted()
      // A try of a delivery is recorded once: it names the command.
      const recorded = context.dispatch(
        recordDeliveries,
        { endpoint, attempts },
        `/${first.no}.${first.attempts}.${context.attempt}`,
      )
      if (!recorded.ok) throw new FaultError(recorded.error)
    },
  })
}

type Judged = Pick<Attempt, 'outcome' | 'httpStatus' | 'error' | 'answer'>

const failure = (error: string): Judged => ({
  outcome: 'failed',
  httpStatus: null,
  error: error.slice(0, webhookLimits.errorLengthMax),
  answer: null,
})

const judged = (outcome: WebhookOutcome): Judged => {
  if (outcome.type === 'unreachable') return failure(outcome.cause)
  if (outcome.type === 'forbidden') return failure(`${outcome.address} is this machine or a neighbour by link`)
  const { status, start } = outcome
  const seen = { httpStatus: status, answer: answerStart(start) }
  if (status >= 200 && status < 300) return { outcome: 'delivered', ...seen, error: null }
  if (status === GONE) return { outcome: 'gone', ...seen, error: attemptErrors.gone }
  const error = status >= 300 && status < 400 ? attemptErrors.redirect : attemptErrors.refused
  return { outcome: 'failed', ...seen, error }
}
