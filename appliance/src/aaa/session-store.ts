/**
 * The sessions of the box: every open one in memory, all of them in sessions.db. Records are judged and applied in
 * memory, then everything that changed is written in one transaction; only then may the records be answered.
 */
import {
  HOUR_MS,
  judge,
  reapAt,
  syntheticCause,
  type AccountingRecord,
  type StoppedFacts,
  type SyntheticEnd,
  type Verdict,
} from '@lango/modules/sessions/rules'
import { HEALTH_GRANT_NO, type Allowance, type Speed } from '@lango/modules/access/rules'
import { AccountingReader } from './accounting-record.ts'
import type { Chunk } from './decision-log.ts'
import { EndedIds } from './ended-ids.ts'
import {
  advance,
  causeOf,
  factsOf,
  givenBy,
  leaveHour,
  sessionKey,
  slotDevice,
  type HourSlice,
  type LiveRow,
} from './live-session.ts'
import { Meters } from './meters.ts'
import { finishedRow, sessionRows, type FinishedRow, type SessionRows } from './session-rows.ts'
import { SharedTexts } from './shared-texts.ts'
import { ANONYMOUS_DEVICE, deviceHash, type SlotTable } from './slots.ts'
import type { RawDatabase } from '@lango/kernel/db'

/** Sessions that may begin in a millisecond without running ahead of the clock. */
const NUMBERS_A_MS = 256

/** Ids learnt from the history in one go: about a millisecond. */
const LEARN_IDS = 1000

/** A session that ended without its Stop may still be heard of for this long; then it becomes history. */
const LATE_STOP_MS = 3_600_000

/** A grant as accounting knows it: `hasQuota` false only where that is certain. */
export type SessionGrant = {
  readonly no: number
  readonly hasQuota: boolean
  /** What its Accept gave, where that is not the plan's own. */
  readonly speed?: Speed | undefined
  /** The Session-Timeout of its Accept; undefined where that had none. */
  readonly timeoutSec?: number | undefined
}

export type StoreDeps = {
  readonly db: RawDatabase
  readonly slots: SlotTable
  readonly now: () => number
  /** The grant a session belongs to: by the Class of its Accept, else by its login. */
  readonly grantOf: (className: string, userName: string) => SessionGrant | undefined
  /** Under what name a session is kept: a voucher's code is its key, and its login stands for it. */
  readonly keptName: (userName: string) => string
  /** What a grant may still use at an instant, from the databases alone; undefined when it is not metered. */
  readonly allowanceOf: (grantNo: number, at: number) => Allowance | undefined
  /** Called after a commit for each grant that has reached a limit. */
  readonly limitReached: (grantNo: number) => void
}

export class SessionStore {
  readonly #deps: StoreDeps
  readonly #reader = new AccountingReader()
  readonly #live = new Map<string, LiveRow>()
  readonly #meters: Meters
  readonly #texts = new SharedTexts()
  #lastNo = 0
  #online = 0

  // What the next commit writes.
  readonly #inserts = new Set<LiveRow>()
  readonly #updates = new Set<LiveRow>()
  readonly #deletes: number[] = []
  /** Sessions stopped since the last commit: the history does not have them yet. */
  readonly #finished: FinishedRow[] = []
  readonly #stoppedNow = new Map<string, StoppedFacts>()
  readonly #hours: HourSlice[] = []
  readonly #slotOps: { open: boolean; row: LiveRow }[] = []

  readonly #rows: SessionRows
  readonly #endedIds = new EndedIds()

  constructor(deps: StoreDeps) {
    this.#deps = deps
    this.#rows = sessionRows(deps.db)
    this.#meters = new Meters(deps.allowanceOf)
  }

  /** Sessions that are online: those that ended without a Stop and may still be heard of are none. */
  get openSessions(): number {
    return this.#online
  }

  /** Reads what the last commit left; also the way back after a commit that failed. */
  load(): void {
    if (this.#deps.db.inTransaction) this.#deps.db.exec('ROLLBACK')
    this.#live.clear()
    this.#meters.clear()
    this.#forgetPending()
    this.#deps.slots.clear()
    this.#online = 0
    // A live session's number is never given again, also after a restart: an order names its session by it.
    this.#lastNo = this.#deps.now() * NUMBERS_A_MS
    this.#endedIds.forget(this.#rows.endedSessions())
    for (const row of this.#rows.live()) {
      this.#live.set(sessionKey(row.routerNo, row.nas, row.acctSessionId), row)
      this.#lastNo = Math.max(this.#lastNo, row.no)
      if (row.endedAt === null) this.#countSlot(true, row)
    }
  }

  /** Opens the transaction that `commit` ends: what is read meanwhile takes no lock of its own. */
  begin(): void {
    if (!this.#deps.db.inTransaction) this.#deps.db.exec('BEGIN IMMEDIATE')
  }

  /** Applies one accounting packet that the codec and the front have found right and complete. */
  apply(bytes: Buffer, start: number, end: number, routerNo: number, receivedAt: number, swapped: boolean): void {
    const reader = this.#reader
    reader.read(bytes, start, end)
    const status = reader.status
    if (status === 'other') return
    if (status === 'nas') {
      this.#endAll(routerNo, reader.nas, reader.record('start', receivedAt, swapped))
      return
    }
    const key = sessionKey(routerNo, reader.nas, reader.acctSessionId)
    const live = this.#live.get(key)
    const record = this.#named(reader.record(status, receivedAt, swapped), live)
    const stopped = live
      ? undefined
      : (this.#stoppedNow.get(key) ?? this.#lastStop(reader.acctSessionId, routerNo, reader.nas))
    this.#carryOut(judge(live && factsOf(live), stopped, record), key, live, record, routerNo)
  }

  /**
   * Makes everything applied so far durable in one transaction, with the decisions of the fronts and what `alongside` writes.
   * Throws what SQLite throws (disk full, I/O error): nothing of it is then stored, and `load` must be called.
   */
  commit(chunks: readonly Chunk[], alongside: () => void = () => {}): void {
    const rows = this.#rows
    this.begin()
    try {
      for (const row of this.#inserts) rows.insertLive(row)
      for (const row of this.#updates) rows.updateLive(row)
      for (const no of this.#deletes) rows.deleteLive(no)
      for (const row of this.#finished) rows.insertHistory(row)
      for (const slice of this.#hours) rows.insertHour(slice)
      for (const chunk of chunks) rows.insertChunk(chunk)
      alongside()
      this.#deps.db.exec('COMMIT')
    } catch (fault) {
      if (this.#deps.db.inTransaction) this.#deps.db.exec('ROLLBACK')
      throw fault
    }
    for (const { acctSessionId } of this.#finished) this.#endedIds.add(acctSessionId)
    for (const { open, row } of this.#slotOps) this.#countSlot(open, row)
    for (const grantNo of this.#meters.committed()) this.#deps.limitReached(grantNo)
    this.#forgetPending()
  }

  /** True when there is something for the next commit. */
  get pending(): boolean {
    return (
      this.#inserts.size + this.#updates.size + this.#deletes.length + this.#finished.length + this.#hours.length > 0
    )
  }

  /** Ends sessions that nobody has reported for too long, and files away those whose late Stop never came. */
  reap(now: number): number {
    let reaped = 0
    for (const [key, row] of this.#live) {
      if (row.endedAt === null && now >= reapAt(row.lastReceivedAt, row.interimSec)) {
        this.#end(row, 'reaped', row.lastEventAt)
        reaped += 1
      } else if (
        row.endedAt !== null &&
        now - row.lastReceivedAt >= LATE_STOP_MS &&
        now - row.endedAt >= LATE_STOP_MS
      ) {
        this.#file(key, row, syntheticCause[row.endedBy || 'reaped'], row.endedAt, now)
      }
    }
    return reaped
  }

  /** Learns the next page of ids that have ended; false when there is no more to learn for now. */
  learnEnded(): boolean {
    const ids = this.#endedIds
    if (ids.isFull) ids.forget(this.#rows.endedSessions())
    ids.learn((after) => this.#rows.endedIds(after, LEARN_IDS))
    return ids.isLearning
  }

  #lastStop(acctSessionId: string, routerNo: number, nas: string): StoppedFacts | undefined {
    return this.#endedIds.mayHave(acctSessionId) ? this.#rows.lastStop(acctSessionId, routerNo, nas) : undefined
  }

  /** A device that the NAS says is gone (503 to a Disconnect): its session ends as a lost one, and may be heard of late. */
  endSession(no: number, at: number): boolean {
    for (const row of this.#live.values()) {
      if (row.no !== no || row.endedAt !== null) continue
      this.#end(row, 'reaped', at)
      return true
    }
    return false
  }

  /** A grant's quota was changed: it is looked up anew when its next octets come. */
  forgetQuota(grantNo: number): void {
    this.#meters.forget(grantNo)
  }

  /** Who has the name that is known already needs no look. */
  #named(record: AccountingRecord, live: LiveRow | undefined): AccountingRecord {
    if (record.userName === live?.userName) return record
    const userName = this.#deps.keptName(record.userName)
    return userName === record.userName ? record : { ...record, userName }
  }

  #carryOut(
    verdict: Verdict,
    key: string,
    live: LiveRow | undefined,
    record: AccountingRecord,
    routerNo: number,
  ): void {
    switch (verdict.kind) {
      case 'ignore':
        // The Start came after the first interim: what only it tells is filled in.
        if (live && live.startAuthenticator === '' && record.status === 'start') this.#describe(live, record)
        return
      case 'replace':
        this.#replace(key, live!)
        this.#open(key, verdict, record, routerNo)
        return
      case 'open':
        this.#open(key, verdict, record, routerNo)
        return
      case 'update':
        this.#progress(live!, verdict.progress, record)
        live!.state = 'interim'
        if (verdict.revive) this.#revive(live!)
        this.#touch(live!)
        return
      case 'stop':
        this.#progress(live!, verdict.progress, record)
        this.#file(key, live!, causeOf(record), verdict.endedAt, record.receivedAt)
    }
  }

  #open(
    key: string,
    verdict: Extract<Verdict, { startedAt: number }>,
    record: AccountingRecord,
    routerNo: number,
  ): void {
    const details = this.#reader.details
    const grant = this.#deps.grantOf(this.#reader.className, record.userName)
    const grantNo = grant?.no ?? 0
    if (grant && !grant.hasQuota) this.#meters.setUnlimited(grantNo)
    this.#lastNo += 1
    const row: LiveRow = {
      no: this.#lastNo,
      grantNo,
      routerNo,
      nas: this.#texts.of(this.#reader.nas),
      acctSessionId: this.#reader.acctSessionId,
      userName: record.userName,
      device: record.device,
      calledStationId: this.#texts.of(details.calledStationId),
      framedIp: details.framedIp,
      framedIpv6Prefix: details.framedIpv6Prefix,
      delegatedIpv6Prefix: details.delegatedIpv6Prefix,
      nasPort: details.nasPort,
      startedAt: verdict.startedAt,
      startAuthenticator: record.authenticator,
      lastEventAt: record.eventAt ?? record.receivedAt,
      lastReceivedAt: record.receivedAt,
      sessionTimeSec: 0,
      inputOctets: 0,
      outputOctets: 0,
      gigawords: 0,
      implausible: 0,
      interimSec: details.interimSec,
      state: record.status,
      endedAt: null,
      endedBy: '',
      ...givenBy(grant),
      hourAt: verdict.startedAt - (verdict.startedAt % HOUR_MS),
      hourInputOctets: 0,
      hourOutputOctets: 0,
      hourSessionTimeSec: 0,
    }
    this.#progress(row, verdict.progress, record)
    if (verdict.stopped) {
      this.#finish(key, row, causeOf(record), record.eventAt ?? record.receivedAt, record.receivedAt)
      return
    }
    this.#live.set(key, row)
    this.#inserts.add(row)
    this.#slotOps.push({ open: true, row })
  }

  #progress(row: LiveRow, progress: Parameters<typeof advance>[1], record: AccountingRecord): void {
    const octetsBefore = row.inputOctets + row.outputOctets
    const secBefore = row.sessionTimeSec
    const slice = advance(row, progress, record.eventAt ?? record.receivedAt, record.receivedAt)
    if (slice) this.#hours.push(slice)
    if (row.framedIp === '') row.framedIp = this.#reader.framedIp
    if (row.framedIpv6Prefix === '') row.framedIpv6Prefix = this.#reader.framedIpv6Prefix
    const moved = {
      octets: row.inputOctets + row.outputOctets - octetsBefore,
      sec: row.sessionTimeSec - secBefore,
    }
    if (row.grantNo > 0 && moved.octets + moved.sec > 0) this.#meters.count(row.grantNo, row.hourAt, moved)
  }

  #describe(row: LiveRow, record: AccountingRecord): void {
    row.startAuthenticator = record.authenticator
    this.#touch(row)
  }

  #touch(row: LiveRow): void {
    if (!this.#inserts.has(row)) this.#updates.add(row)
  }

  #end(row: LiveRow, by: SyntheticEnd, at: number): void {
    row.endedAt = Math.max(at, row.startedAt)
    row.endedBy = by
    this.#touch(row)
    this.#slotOps.push({ open: false, row })
  }

  #revive(row: LiveRow): void {
    row.endedAt = null
    row.endedBy = ''
    this.#slotOps.push({ open: true, row })
  }

  #endAll(routerNo: number, nas: string, record: AccountingRecord): void {
    const at = record.eventAt ?? record.receivedAt
    for (const row of this.#live.values()) {
      if (row.routerNo === routerNo && row.nas === nas && row.endedAt === null && row.startedAt <= at) {
        this.#end(row, 'nas-restart', at)
      }
    }
  }

  #replace(key: string, row: LiveRow): void {
    this.#file(
      key,
      row,
      row.endedBy === '' ? syntheticCause.replaced : syntheticCause[row.endedBy],
      row.endedAt ?? row.lastEventAt,
      row.lastReceivedAt,
    )
  }

  /** Out of the live sessions, into the history. */
  #file(key: string, row: LiveRow, cause: string, endedAt: number, receivedAt: number): void {
    this.#live.delete(key)
    if (!this.#inserts.delete(row)) this.#deletes.push(row.no)
    this.#updates.delete(row)
    if (row.endedAt === null) this.#slotOps.push({ open: false, row })
    this.#finish(key, row, cause, endedAt, receivedAt)
  }

  #finish(key: string, row: LiveRow, cause: string, at: number, receivedAt: number): void {
    const endedAt = Math.max(at, row.startedAt)
    // Whoever asks for the usage since an instant finds what is over by its end: nothing is left in a later hour.
    const left = row.hourAt > endedAt ? leaveHour(row, row.hourAt) : undefined
    if (left) this.#hours.push(left)
    const finished = finishedRow(row, cause, endedAt, receivedAt)
    this.#finished.push(finished)
    this.#stoppedNow.set(key, finished)
  }

  #countSlot(open: boolean, row: LiveRow): void {
    if (row.grantNo === HEALTH_GRANT_NO) return
    this.#online += open ? 1 : -1
    if (row.grantNo === 0) return
    const { slots } = this.#deps
    const device = slotDevice(row)
    if (!open) {
      slots.close(row.grantNo, device)
      return
    }
    slots.open(row.grantNo, device)
    // A login without a device address reserved under its port, or under nothing at all.
    if (row.nasPort !== '') slots.release(row.grantNo, deviceHash(row.nasPort))
    slots.release(row.grantNo, ANONYMOUS_DEVICE)
  }

  #forgetPending(): void {
    this.#inserts.clear()
    this.#updates.clear()
    this.#deletes.length = 0
    this.#finished.length = 0
    this.#stoppedNow.clear()
    this.#hours.length = 0
    this.#slotOps.length = 0
  }
}
