/** The statements of the session store: one place where its rows meet the tables. */
import { rowInserter, rowUpdater, selectSql, type RawDatabase } from '@lango/kernel/db'
import type { StoppedFacts } from '@lango/modules/sessions/rules'
import { decisionChunks, liveSessions, sessionHistory, usageHours } from '@lango/modules/sessions/tables'
import type { Chunk } from './decision-log.ts'
import type { HourSlice, LiveRow } from './live-session.ts'

/** A session that is over, as the history keeps it. */
export type FinishedRow = Pick<
  LiveRow,
  | 'grantNo'
  | 'routerNo'
  | 'nas'
  | 'acctSessionId'
  | 'userName'
  | 'device'
  | 'framedIp'
  | 'startedAt'
  | 'startAuthenticator'
  | 'sessionTimeSec'
  | 'inputOctets'
  | 'outputOctets'
  | 'implausible'
  | 'hourAt'
  | 'hourInputOctets'
  | 'hourOutputOctets'
  | 'hourSessionTimeSec'
> & { readonly endedAt: number; readonly stopReceivedAt: number; readonly terminateCause: string }

/** Spelt out: a copy of all a live row has costs more than the rest of a Stop. */
export const finishedRow = (
  row: LiveRow,
  terminateCause: string,
  endedAt: number,
  stopReceivedAt: number,
): FinishedRow => ({
  grantNo: row.grantNo,
  routerNo: row.routerNo,
  nas: row.nas,
  acctSessionId: row.acctSessionId,
  userName: row.userName,
  device: row.device,
  framedIp: row.framedIp,
  startedAt: row.startedAt,
  startAuthenticator: row.startAuthenticator,
  sessionTimeSec: row.sessionTimeSec,
  inputOctets: row.inputOctets,
  outputOctets: row.outputOctets,
  implausible: row.implausible,
  hourAt: row.hourAt,
  hourInputOctets: row.hourInputOctets,
  hourOutputOctets: row.hourOutputOctets,
  hourSessionTimeSec: row.hourSessionTimeSec,
  endedAt,
  stopReceivedAt,
  terminateCause,
})

/** What may change in a live session after it began. */
const CHANGING = [
  'grantNo',
  'framedIp',
  'framedIpv6Prefix',
  'delegatedIpv6Prefix',
  'startedAt',
  'startAuthenticator',
  'lastEventAt',
  'lastReceivedAt',
  'sessionTimeSec',
  'inputOctets',
  'outputOctets',
  'gigawords',
  'implausible',
  'state',
  'endedAt',
  'endedBy',
  'hourAt',
  'hourInputOctets',
  'hourOutputOctets',
  'hourSessionTimeSec',
] as const

export type SessionRows = ReturnType<typeof sessionRows>

export const sessionRows = (db: RawDatabase) => {
  const deleteLive = db.prepare<[number]>('DELETE FROM live_sessions WHERE no = ?')
  const lastStop = db.prepare<[string, number, string], StoppedFacts>(
    `SELECT user_name userName, device, start_authenticator startAuthenticator, session_time_sec sessionTimeSec,
       input_octets inputOctets, output_octets outputOctets, ended_at endedAt, stop_received_at stopReceivedAt
     FROM session_history WHERE acct_session_id = ? AND router_no = ? AND nas = ? ORDER BY no DESC LIMIT 1`,
  )
  const idsAfter = db
    .prepare<[string, number], string>(
      'SELECT acct_session_id FROM session_history WHERE acct_session_id > ? ORDER BY acct_session_id LIMIT ?',
    )
    .pluck()
  const lastNo = db.prepare<[], number>('SELECT coalesce(max(no), 0) FROM session_history').pluck()
  const allLive = db.prepare<[], LiveRow>(selectSql(liveSessions))
  return {
    insertLive: rowInserter<LiveRow>(db, liveSessions),
    updateLive: rowUpdater<LiveRow>(db, liveSessions, CHANGING, 'no'),
    deleteLive: (no: number): void => void deleteLive.run(no),
    insertHistory: rowInserter<FinishedRow & { no?: never }>(db, sessionHistory, { without: ['no'] }),
    insertHour: rowInserter<HourSlice & { no?: never }>(db, usageHours, { without: ['no'] }),
    insertChunk: rowInserter<Chunk & { no?: never }>(db, decisionChunks, { without: ['no'] }),
    live: (): Iterable<LiveRow> => allLive.iterate(),
    /** The latest session that ended with a Stop under this id at this NAS. */
    lastStop: (acctSessionId: string, routerNo: number, nas: string): StoppedFacts | undefined =>
      lastStop.get(acctSessionId, routerNo, nas),
    /** Ids in the history in their order, from behind `after`; an id that was used twice may come twice. */
    endedIds: (after: string, limit: number): string[] => idsAfter.all(after, limit),
    /** How many sessions have ever ended here, more or less: rows are numbered as they come. */
    endedSessions: (): number => lastNo.get()!,
  }
}
