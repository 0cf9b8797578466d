/** Where providers tell whether messages have arrived. It changes what stands in a list, at best. */
import { ok, type Fault, type Log, type Result } from '@lango/kernel'
import { isReportToken, type ReportGate, type ReportNews, type ReportSubject } from '@lango/modules/messages'
import type { ReportReader } from '@lango/modules/messages/port'
import { createTally, type CallbackKind } from './callbacks.ts'

export type ReportCallbacksDeps = {
  readonly gate: ReportGate
  /** Whoever reads what this provider posts; undefined where its secret cannot be opened. */
  readonly readerOf: (subject: ReportSubject) => ReportReader | undefined
  /** Resolves when it is on disk. */
  readonly report: (news: ReportNews) => Promise<Result<unknown, Fault>>
  /** Resolves when all that was written before is on disk. */
  readonly synced: () => Promise<Result<unknown, Fault>>
  readonly log: Log
}

export const createReportCallbacks = ({ gate, readerOf, report, synced, log }: ReportCallbacksDeps): CallbackKind => {
  const unread = createTally((times) =>
    log.info('reports of messages that cannot be believed, or tell of no end', { times }),
  )
  return {
    isOf: isReportToken,
    // Some gateways tell by the address alone.
    methods: ['POST', 'GET'],
    open(token) {
      const subject = gate.subjectOf(token)
      return (
        subject && {
          async hear(arrived) {
            const told = readerOf(subject)?.read({ ...arrived, url: subject.url })
            if (!told) {
              unread()
              return ok()
            }
            const news = gate.newsIn(subject, told)
            // Come twice at once, the first may not be on disk yet.
            return news ? report(news) : synced()
          },
        }
      )
    },
    accepted: (c) => c.body(null, 204),
    again: (c) => c.text('Try again', 503),
  }
}
