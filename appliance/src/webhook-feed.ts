/** What webhooks tell that no command does: alarms, and sessions, which the AAA writer keeps. */
import type { Fault, Log, Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { HEALTH_GRANT_NO } from '@lango/modules/access'
import { alarmRaised, system } from '@lango/kernel/verbs'
import { forgetSessions, tellAlarm, tellSessions, webhookLimits } from '@lango/modules/webhooks'
import type { Attention } from './attention.ts'
import type { Site } from './site.ts'

/** One event's worth of sessions each time: after a power cut a thousand are told in ten seconds. */
export const SESSIONS_LOOK_MS = 2000

const actor = system('webhooks')

export type WebhookFeedDeps = {
  readonly site: Pick<Site, 'dispatcher' | 'events' | 'ids'>
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly log: Log
  readonly every: (ms: number, run: () => void) => () => void
}

export type WebhookFeed = {
  readonly alarm: (raised: Pick<Attention, 'id' | 'sentence' | 'remedy'>) => void
  readonly stop: () => void
}

export const startWebhookFeed = ({ site, reader, log, every }: WebhookFeedDeps): WebhookFeed => {
  const { dispatcher, events, ids } = site
  const options = () => ({ id: ids.next('cmd'), actor })
  const told = (result: Result<unknown, Fault>): void => {
    if (!result.ok) log.error('webhooks could not be told', { fault: result.error })
  }
  const alarm: WebhookFeed['alarm'] = ({ id, sentence, remedy }) =>
    told(dispatcher.dispatch(tellAlarm, { kind: id, sentence, remedy }, options()))

  const sql = statementsOn(reader)
  const lookAtSessions = (): void => {
    const cursor = sql.cursor.get()
    if (sql.wanted.get() === undefined) {
      if (cursor) told(dispatcher.dispatch(forgetSessions, {}, options()))
      return
    }
    // Who has just begun to want them is told from now on.
    const from = cursor ?? sql.newest.get()!
    const started = cursor ? sql.started.all(from.startedNo, webhookLimits.subjectsMax) : []
    const ended = cursor ? sql.ended.all(from.endedNo, webhookLimits.subjectsMax) : []
    if (cursor && started.length + ended.length === 0) return
    const next = { startedNo: started.at(-1)?.no ?? from.startedNo, endedNo: ended.at(-1)?.no ?? from.endedNo }
    const lists = { started: started.map(withoutNumber), ended: ended.map(withoutNumber) }
    told(dispatcher.dispatch(tellSessions, { ...next, ...lists }, options()))
  }

  const stops = [
    every(SESSIONS_LOOK_MS, lookAtSessions),
    events.on(alarmRaised, ({ kind, name, id }) => {
      // What goes wrong with webhooks is not told by webhooks: it would go round for ever.
      if (name.startsWith('webhooks.')) return
      const remedy = `The log has it under ${id}.`
      const sentence = kind === 'JobFailed' ? `Work was given up: ${name}.` : `A command failed inside: ${name}.`
      alarm({ id: kind, sentence, remedy })
    }),
  ]
  return { alarm, stop: () => stops.forEach((stop) => stop()) }
}

type ToldSession = { readonly no: number; readonly acctSessionId: string }
type Cursor = { readonly startedNo: number; readonly endedNo: number }

const withoutNumber = ({ no: _no, ...session }: ToldSession): Omit<ToldSession, 'no'> => session

/** A voucher's code is its key: it is told by its last four characters. */
const WHO = `iif(v.id IS NULL, s.user_name, 'voucher …' || v.tail) login, s.acct_session_id acctSessionId,
  coalesce(r.name, s.nas) router, s.device, s.framed_ip framedIp, s.started_at startedAt`
const JOINS = `LEFT JOIN grants g ON g.no = s.grant_no LEFT JOIN vouchers v ON v.id = g.service_id
  LEFT JOIN routers r ON r.no = s.router_no`

const statementsOn = (reader: RawDatabase) => ({
  wanted: reader.prepare<[]>(
    `SELECT 1 FROM webhook_endpoints WHERE status = 'active'
       AND EXISTS (SELECT 1 FROM json_each(events) WHERE value IN ('session.started', 'session.ended')) LIMIT 1`,
  ),
  cursor: reader.prepare<[], Cursor>('SELECT started_no startedNo, ended_no endedNo FROM webhook_cursors'),
  newest: reader.prepare<[], Cursor>(
    `SELECT (SELECT coalesce(max(no), 0) FROM live_sessions) startedNo,
       (SELECT coalesce(max(no), 0) FROM session_history) endedNo`,
  ),
  started: reader.prepare<[number, number], ToldSession>(
    `SELECT s.no, ${WHO} FROM live_sessions s ${JOINS} WHERE s.no > ? AND s.grant_no <> ${HEALTH_GRANT_NO} ORDER BY s.no LIMIT ?`,
  ),
  ended: reader.prepare<[number, number], ToldSession>(
    `SELECT s.no, ${WHO}, s.ended_at endedAt, s.session_time_sec sessionTimeSec, s.input_octets inputOctets,
       s.output_octets outputOctets, s.terminate_cause terminateCause
     FROM session_history s ${JOINS} WHERE s.no > ? AND s.grant_no <> ${HEALTH_GRANT_NO} ORDER BY s.no LIMIT ?`,
  ),
})
