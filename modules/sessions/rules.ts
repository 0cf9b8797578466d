/**
 * What an accounting record means for the session it names: pure rules, no database, no clock.
 *
 * A NAS repeats, delays, reorders and loses records, reuses session ids and wraps its counters. Whatever it
 * does, a session is one row: its counters never go back, once stopped it stays stopped, and an id used again is
 * a new session. (RFC 2866 §4.1, §5; RFC 2869 §5.1-5.3.)
 */

export type RecordStatus = 'start' | 'interim' | 'stop'

/** Octets as a NAS reports them: the low 32 bits, and the Gigawords when the NAS sends them (RFC 2869 §5.1). */
export type OctetReport = { readonly low: number; readonly gigawords: number | undefined }

export type AccountingRecord = {
  readonly status: RecordStatus
  readonly receivedAt: number
  /**
   * When it happened, epoch ms: receipt minus Acct-Delay-Time, else a sane Event-Timestamp, else undefined.
   * A NAS that sends neither retransmits byte-identical packets, which the reply cache has answered already.
   */
  readonly eventAt: number | undefined
  readonly sessionTimeSec: number | undefined
  readonly input: OctetReport | undefined
  readonly output: OctetReport | undefined
  readonly userName: string
  /** Calling-Station-Id normalised, '' when the NAS sent none. */
  readonly device: string
  /** Request Authenticator as hex: equal only for a byte-identical packet. */
  readonly authenticator: string
  readonly terminateCause: number | undefined
}

/** Why a session ended without its Stop; a real Stop ends it with the NAS's Acct-Terminate-Cause. */
export type SyntheticEnd = 'reaped' | 'nas-restart' | 'replaced'

/** The part of a stored session that the rules read. Counters are octets and seconds since its start. */
export type SessionFacts = {
  readonly userName: string
  readonly device: string
  readonly startedAt: number
  /** Authenticator of the Start, '' while only later records were heard. */
  readonly startAuthenticator: string
  /** Event time of the last record, in the NAS's account of time where it gives one. */
  readonly lastEventAt: number
  readonly lastReceivedAt: number
  readonly sessionTimeSec: number
  readonly inputOctets: number
  readonly outputOctets: number
  /** Whether this session's NAS has sent Gigawords: then a smaller counter is not a wrap. */
  readonly gigawords: boolean
  /** Set when the session was ended without a Stop and may still be heard of. */
  readonly ended: { readonly at: number; readonly by: SyntheticEnd } | undefined
}

/** A session that ended with its Stop. */
export type StoppedFacts = Pick<
  SessionFacts,
  'userName' | 'device' | 'startAuthenticator' | 'sessionTimeSec' | 'inputOctets' | 'outputOctets'
> & { readonly endedAt: number; readonly stopReceivedAt: number }

export type Progress = {
  readonly sessionTimeSec: number
  readonly inputOctets: number
  readonly outputOctets: number
  readonly gigawords: boolean
  /** The NAS reported what no line can carry; the figure was not believed. */
  readonly implausible: boolean
}

export type Verdict =
  | { readonly kind: 'ignore'; readonly why: 'duplicate' | 'late-start' | 'after-stop' }
  | { readonly kind: 'open'; readonly startedAt: number; readonly progress: Progress; readonly stopped: boolean }
  /** The live session's Stop was lost and its id is used again: end it where it was last heard, then open. */
  | { readonly kind: 'replace'; readonly startedAt: number; readonly progress: Progress; readonly stopped: boolean }
  | { readonly kind: 'update'; readonly progress: Progress; readonly revive: boolean }
  | { readonly kind: 'stop'; readonly progress: Progress; readonly endedAt: number }

/** A Start repeated within this time, with nothing heard since, is a retry. */
const START_RETRY_MS = 60_000
/** A byte-identical Start within this time of the Stop is a replay (a restart empties the reply cache). */
const START_REPLAY_MS = 300_000
/** NAS clocks count whole seconds: start = event - session time is uncertain by this much. */
const SECOND_SLACK_MS = 2_000
/** No access line carries more: above this rate and slack a counter is not believed. */
const IMPLAUSIBLE_OCTETS_PER_SEC = 25e9 / 8
const IMPLAUSIBLE_SLACK_OCTETS = 32 * 2 ** 30
const WORD = 2 ** 32

const happenedAt = (record: AccountingRecord): number => record.eventAt ?? record.receivedAt

const impliedStart = (record: AccountingRecord): number => happenedAt(record) - (record.sessionTimeSec ?? 0) * 1000

/** Another subscriber or device under the same session id can only be another session. */
const isSomeoneElse = (known: { userName: string; device: string }, record: AccountingRecord): boolean => {
  if (known.device !== '' && record.device !== '') return known.device !== record.device
  return known.userName !== '' && record.userName !== '' && known.userName !== record.userName
}

const octets = (
  known: number,
  report: OctetReport | undefined,
  gigawords: boolean,
  grew: boolean,
): number | undefined => {
  if (!report) return known
  if (report.gigawords !== undefined) return report.gigawords * WORD + report.low
  if (gigawords) return Math.floor(known / WORD) * WORD + report.low
  const sameWord = Math.floor(known / WORD) * WORD + report.low
  if (sameWord >= known) return sameWord
  // Without Gigawords a smaller value is a wrap only while the session's own time still grows, and only when it fell by
  // more than half the range: a NAS whose last figure is a little smaller has made a mistake, not moved 4 GB.
  return grew && known - sameWord > WORD / 2 ? sameWord + WORD : undefined
}

/** The counters after a record: each the larger of known and reported, unless the report cannot be true. */
export const progressOf = (known: SessionFacts | undefined, record: AccountingRecord): Progress => {
  const before = known ?? {
    sessionTimeSec: 0,
    inputOctets: 0,
    outputOctets: 0,
    gigawords: false,
    lastReceivedAt: record.receivedAt,
  }
  const gigawords = before.gigawords || record.input?.gigawords !== undefined || record.output?.gigawords !== undefined
  const sessionTimeSec = record.sessionTimeSec ?? before.sessionTimeSec
  // A record from before the last one heard has nothing to add: it came late.
  if (sessionTimeSec < before.sessionTimeSec) return { ...pick(before), gigawords, implausible: false }
  const grew = sessionTimeSec > before.sessionTimeSec || record.sessionTimeSec === undefined
  const elapsedSec = Math.max(
    sessionTimeSec - before.sessionTimeSec,
    (record.receivedAt - before.lastReceivedAt) / 1000,
    0,
  )
  const most = IMPLAUSIBLE_SLACK_OCTETS + elapsedSec * IMPLAUSIBLE_OCTETS_PER_SEC
  const believed = (value: number, report: OctetReport | undefined): { octets: number; doubted: boolean } => {
    const told = octets(value, report, gigawords, grew)
    if (told === undefined || told <= value) return { octets: value, doubted: false }
    return told - value > most ? { octets: value, doubted: true } : { octets: told, doubted: false }
  }
  const input = believed(before.inputOctets, record.input)
  const output = believed(before.outputOctets, record.output)
  return {
    sessionTimeSec,
    inputOctets: input.octets,
    outputOctets: output.octets,
    gigawords,
    implausible: input.doubted || output.doubted,
  }
}

const pick = (facts: Pick<SessionFacts, 'sessionTimeSec' | 'inputOctets' | 'outputOctets'>) => ({
  sessionTimeSec: facts.sessionTimeSec,
  inputOctets: facts.inputOctets,
  outputOctets: facts.outputOctets,
})

const opened = (kind: 'open' | 'replace', record: AccountingRecord): Verdict => ({
  kind,
  startedAt: record.status === 'start' ? happenedAt(record) : impliedStart(record),
  progress: progressOf(undefined, record),
  stopped: record.status === 'stop',
})

const startIsNew = (live: SessionFacts, record: AccountingRecord): boolean => {
  if (record.authenticator === live.startAuthenticator) return false
  const onlyStartHeard = live.startAuthenticator !== '' && live.sessionTimeSec === 0
  if (onlyStartHeard && record.receivedAt - live.lastReceivedAt < START_RETRY_MS) return false
  if (record.eventAt !== undefined) return record.eventAt > live.lastEventAt
  return record.receivedAt - live.lastReceivedAt >= START_RETRY_MS
}

const onLive = (live: SessionFacts, record: AccountingRecord): Verdict => {
  if (isSomeoneElse(live, record)) return opened('replace', record)
  if (record.status === 'start') {
    return startIsNew(live, record) ? opened('replace', record) : { kind: 'ignore', why: 'duplicate' }
  }
  const began = impliedStart(record)
  if (record.eventAt !== undefined && record.sessionTimeSec !== undefined && began > live.lastEventAt + SECOND_SLACK_MS)
    return opened('replace', record)
  const progress = progressOf(live, record)
  if (record.status === 'stop') return { kind: 'stop', progress, endedAt: happenedAt(record) }
  // Only silence can be mistaken: a session we merely stopped hearing of lives on, one whose NAS restarted does not.
  return { kind: 'update', progress, revive: live.ended?.by === 'reaped' && happenedAt(record) >= live.ended.at }
}

const onStopped = (stopped: StoppedFacts, record: AccountingRecord): Verdict => {
  if (isSomeoneElse(stopped, record)) return opened('open', record)
  if (record.status === 'start') {
    const replay =
      record.authenticator === stopped.startAuthenticator &&
      record.receivedAt - stopped.stopReceivedAt < START_REPLAY_MS
    const early = record.eventAt !== undefined && record.eventAt <= stopped.endedAt
    return replay || early ? { kind: 'ignore', why: 'late-start' } : opened('open', record)
  }
  // Its Start was lost. Only two things prove that this is not the old session again: it began after the old one
  // ended by the NAS's own account of time, or it has lasted longer than the old one ever did.
  const beganLater =
    record.eventAt !== undefined &&
    record.sessionTimeSec !== undefined &&
    impliedStart(record) > stopped.endedAt + SECOND_SLACK_MS
  const outlasts = record.status === 'interim' && (record.sessionTimeSec ?? 0) > stopped.sessionTimeSec
  if (beganLater || outlasts) return opened('open', record)
  return { kind: 'ignore', why: record.status === 'stop' ? 'duplicate' : 'after-stop' }
}

/**
 * Decides what a record does. `live` is the session known under the record's id (open, or ended without a Stop);
 * `stopped` the latest one that ended with a Stop, looked up only when there is no live one.
 */
export const judge = (
  live: SessionFacts | undefined,
  stopped: StoppedFacts | undefined,
  record: AccountingRecord,
): Verdict => {
  if (live) return onLive(live, record)
  if (stopped) return onStopped(stopped, record)
  return opened('open', record)
}

/** A session nobody has reported for this many interims has ended without its Stop. */
export const INTERIMS_MISSED_MAX = 3
/** Sessions of a NAS that sends no interims are reaped only after this long without a word. */
export const SILENT_SESSION_MAX_MS = 26 * 3_600_000

/** When a session is taken for dead: by its last report, never by its age. `interimSec` 0: the NAS sends none. */
export const reapAt = (heardAt: number, interimSec: number): number =>
  heardAt + (interimSec > 0 ? interimSec * 1000 * INTERIMS_MISSED_MAX + 30_000 : SILENT_SESSION_MAX_MS)

/** Acct-Terminate-Cause by number (RFC 2866 §5.10, RFC 3580 §3.18). */
export const terminateCauses: Readonly<Record<number, string>> = {
  1: 'User-Request',
  2: 'Lost-Carrier',
  3: 'Lost-Service',
  4: 'Idle-Timeout',
  5: 'Session-Timeout',
  6: 'Admin-Reset',
  7: 'Admin-Reboot',
  8: 'Port-Error',
  9: 'NAS-Error',
  10: 'NAS-Request',
  11: 'NAS-Reboot',
  12: 'Port-Unneeded',
  13: 'Port-Preempted',
  14: 'Port-Suspended',
  15: 'Service-Unavailable',
  16: 'Callback',
  17: 'User-Error',
  18: 'Host-Request',
  19: 'Supplicant-Restart',
  20: 'Reauthentication-Failure',
  21: 'Port-Reinitialized',
  22: 'Port-Administratively-Disabled',
}

/** The cause shown for a session that ended without its Stop. */
export const syntheticCause: Readonly<Record<SyntheticEnd, string>> = {
  reaped: 'Lost-Carrier',
  'nas-restart': 'NAS-Reboot',
  replaced: 'Lost-Service',
}

/** Usage is metered by the hour of UTC: whole hours in every zone of the countries we serve. */
export const HOUR_MS = 3_600_000
