/** Whether messages have arrived, as their providers tell it. */
import { and, eq } from 'drizzle-orm'
import { z } from 'zod'
import { callbackUrl, isSameToken, ok, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { defineCommand } from '@lango/kernel/verbs'
import type { DeliveryReport } from './port.ts'
import { afterReport, reportSchema, type EarlyReport, type Report } from './report-rules.ts'
import { messageInToken, messageToken, senderToken } from './report-tokens.ts'
import { messageLimits, oneLine, reportsUrlOf, type MessageState, type SenderConfig } from './rules.ts'
import { messages } from './tables.ts'

/** Posted to an address of this message, or of the account that has sent it. The same again changes nothing. */
export const hearReport = defineCommand({
  name: 'messages.report',
  permission: 'system',
  isInternal: true,
  isRoutine: true,
  input: z.object({ no: z.number().int(), isOwn: z.boolean(), report: reportSchema }),
  audit: ({ no, report: { state } }) => ({ no, state }),
  handle(ctx, { no, isOwn, report }) {
    const { site } = messages
    const row = ctx.db
      .select()
      .from(site)
      .where(and(eq(site.no, no), eq(site.channel, 'sms')))
      .get()
    const change = row && afterReport(row, report, isOwn)
    if (change) ctx.db.update(site).set(change).where(eq(site.no, no)).run()
    return ok({ isNews: change !== undefined })
  },
})

export type ReportSubject = {
  readonly config: SenderConfig
  readonly messageNo: number | undefined
  /** The whole address, as the provider was told it. */
  readonly url: string
}
export type ReportNews = { readonly no: number; readonly isOwn: boolean; readonly report: Report }

export type ReportGate = {
  /** What may be told of by this token; undefined where nobody was told it. */
  readonly subjectOf: (token: string) => ReportSubject | undefined
  /** What is new in it, looked at before anything is written: strangers must not fill the disk. */
  readonly newsIn: (subject: ReportSubject, told: DeliveryReport) => ReportNews | undefined
}

type Row = {
  readonly no: number
  readonly state: MessageState
  readonly recipient: string
  readonly providerId: string | null
  readonly early: string | null
  readonly createdAt: number
}

const COLUMNS = 'no, state, recipient, provider_id AS providerId, early, created_at AS createdAt'

export const createReportGate = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>): ReportGate => {
  const sender = raw.prepare<[], string>("SELECT config FROM message_senders WHERE id = 'sms'").pluck()
  const byNo = raw.prepare<[number], Row>(`SELECT ${COLUMNS} FROM messages WHERE no = ? AND channel = 'sms'`)
  const byId = raw.prepare<[string], Row>(
    `SELECT ${COLUMNS} FROM messages WHERE provider_id = ? AND channel = 'sms' ORDER BY no DESC LIMIT 1`,
  )
  const onItsWay = raw.prepare<[string], Row>(
    `SELECT ${COLUMNS} FROM messages WHERE channel = 'sms' AND state = 'waiting' AND recipient = ? ORDER BY no LIMIT 1`,
  )

  /** Of an account's address: the message that is called so, or one to that number whose answer is not written yet. */
  const namedBy = ({ providerId, recipient }: DeliveryReport): Row | undefined => {
    if (providerId === undefined) return undefined
    const known = byId.get(providerId)
    if (known) return recipient === undefined || recipient === known.recipient ? known : undefined
    return recipient === undefined ? undefined : onItsWay.get(recipient)
  }

  return {
    subjectOf(token) {
      const text = sender.get()
      if (text === undefined || !/^[0-9a-f]+$/.test(token)) return undefined
      const config = JSON.parse(text) as SenderConfig
      const base = reportsUrlOf(config)
      if (base === '') return undefined
      const messageNo = messageInToken(token)
      const row = messageNo === undefined ? undefined : byNo.get(messageNo)
      if (messageNo !== undefined && !row) return undefined
      const own = row ? messageToken(vault, row) : senderToken(vault, config)
      return isSameToken(token, own) ? { config, messageNo, url: callbackUrl(base, token) } : undefined
    },
    newsIn({ messageNo }, told) {
      const isOwn = messageNo !== undefined
      const row = isOwn ? byNo.get(messageNo) : namedBy(told)
      if (!row) return undefined
      const report = reportOf(told)
      const early = row.early === null ? null : (JSON.parse(row.early) as EarlyReport)
      return afterReport({ ...row, early }, report, isOwn) && { no: row.no, isOwn, report }
    },
  }
}

const reportOf = ({ providerId, state, reason }: DeliveryReport): Report => ({
  ...(providerId !== undefined && { providerId: oneLine(providerId, messageLimits.providerIdLengthMax) }),
  state,
  reason: reason === null ? null : oneLine(reason, messageLimits.reportReasonLengthMax),
})
