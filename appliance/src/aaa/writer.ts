/**
 * The writer thread: the only writer of sessions.db. Whatever arrived while the last commit was on its way to the
 * disk is the next transaction; answers leave after it. The disk's latency is paid once a commit, not once a record.
 */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { openVault, orThrow, systemRandom } from '@lango/kernel'
import { databaseLimits, openRaw } from '@lango/kernel/db'
import { CODE_PURPOSE, Calendar, HEALTH_ROUTER_NO, codeLogin, readCode } from '@lango/modules/access/rules'
import type { ShipOrder } from '../standby/messages.ts'
import { Shipper } from '../standby/shipper.ts'
import { RUN_FRAMES_MAX } from '../standby/wal-tap.ts'
import { BATCH_FLAG_SWAPPED, BATCH_HEADER_OCTETS, type AaaData, type FromWriter, type ToWriter } from './messages.ts'
import { createCopyQueue } from './copies.ts'
import { createHousekeeping } from './housekeeping.ts'
import { allowanceLookup, countedGrants, grantLookup, retentionReader } from './readers.ts'
import { SessionStore } from './session-store.ts'
import { SharedState } from './shared-state.ts'
import { SlotTable } from './slots.ts'
import { threadLog } from './thread-log.ts'
import { allowancesFrom } from './usage.ts'
import { createUsageSums } from './usage-sums.ts'
import type { Chunk } from './decision-log.ts'

/** What control asks of the writer. */
export type WriterOrder =
  | { readonly kind: 'front'; readonly port: MessagePort }
  /** The link to the standby. */
  | { readonly kind: 'ship'; readonly port: MessagePort }
  | { readonly kind: 'forget-quota'; readonly grantNo: number }
  | { readonly kind: 'end-session'; readonly no: number }
  | { readonly kind: 'copied'; readonly nos: readonly number[] }
  | { readonly kind: 'stop' }

/** What the writer tells control. */
export type WriterNews =
  | { readonly kind: 'ready' }
  | { readonly kind: 'limit-reached'; readonly grantNo: number }
  | { readonly kind: 'failing'; readonly code: string }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'stopped' }

/** After a commit failed, the next try waits this long; what arrives meanwhile is not stored and not answered. */
const RETRY_AFTER_MS = 1000
const HOUSEKEEPING_MS = 5000
/** It is asked for one grant when a session begins, and then no more. */
const SITE_CACHE_BYTES = 4 * 1024 * 1024
const LEARN_PAUSE_MS = 10
const LEARNT_LOOK_MS = 60_000
/** Between two pages of sums: while there are more, where accounting wants the time, and when there are no more. */
const SUMS_PAUSE_MS = { more: 10, sparing: 250, done: 5000 } as const
/** The share of the time that accounting takes from where on sums step back. */
const BUSY_SHARE = 0.25

const data = workerData as AaaData
const control = parentPort!
const log = threadLog('writer', data.logLevel)
const now = (): number => Date.now()
const tell = (news: WriterNews): void => control.postMessage(news)

const sessions = orThrow(openRaw({ file: data.sessionsFile }))
const site = orThrow(openRaw({ file: data.siteFile, readonly: true, cacheBytes: SITE_CACHE_BYTES }))
const state = new SharedState(data.state)
const slots = new SlotTable(data.slots)
const vault = orThrow(openVault({ file: data.keyFile, create: false, random: systemRandom() }))
const codeLoginOf = (userName: string): string | undefined => {
  const code = readCode(userName)
  return code === undefined ? undefined : codeLogin(vault.keyedHash(code, CODE_PURPOSE))
}
const isVoucher = site.prepare<[string], number>('SELECT 1 FROM grants WHERE login = ?').pluck()
const keptName = (userName: string): string => {
  const login = codeLoginOf(userName)
  return login !== undefined && isVoucher.get(login) === 1 ? login : userName
}
const store = new SessionStore({
  db: sessions,
  slots,
  now,
  grantOf: grantLookup(site, codeLoginOf),
  keptName,
  allowanceOf: allowanceLookup(site, allowancesFrom(sessions, new Calendar(data.timeZone))),
  limitReached: (grantNo) => tell({ kind: 'limit-reached', grantNo }),
})
const usageSums = createUsageSums(sessions, site)
const rowsWritten = sessions.prepare<[], number>('SELECT total_changes()').pluck()
const copies = createCopyQueue(sessions, site, () => performance.now())
const housekeeping = createHousekeeping({
  db: sessions,
  store,
  slots,
  state,
  retention: retentionReader(site),
  stillCounted: countedGrants(site),
})

type Waiting = { readonly port: MessagePort; readonly message: ToWriter }
let waiting: Waiting[] = []
let flushing = false
let failedAt = -Infinity
let failing = false
/** Spent on accounting since sums were last added. */
let flushedMs = 0

const applyBatch = (octets: Uint8Array<ArrayBuffer>): void => {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  for (let at = 0; at < bytes.length;) {
    const start = at + BATCH_HEADER_OCTETS
    const end = start + bytes.readUInt16LE(at)
    const swapped = (bytes.readUInt16LE(at + 2) & BATCH_FLAG_SWAPPED) !== 0
    const receivedAt = bytes.readDoubleLE(at + 8)
    const routerNo = bytes.readUInt32LE(at + 4)
    store.apply(bytes, start, end, routerNo, receivedAt, swapped)
    if (routerNo !== HEALTH_ROUTER_NO) copies.add(bytes, start, end, receivedAt)
    at = end
  }
}

const answer = ({ port, message }: Waiting, stored: boolean): void => {
  if (message.kind === 'accounting') port.postMessage({ batch: message.batch, stored } satisfies FromWriter)
}

/** A sync that failed leaves the page cache untrustworthy (the kernel drops dirty pages): only a fresh process helps. */
const isSyncFailure = (code: string): boolean => code === 'SQLITE_IOERR_FSYNC' || code === 'SQLITE_IOERR_DIR_FSYNC'

const onFailure = (fault: unknown, taken: readonly Waiting[]): void => {
  const code = (fault as { code?: string }).code ?? ''
  if (!code.startsWith('SQLITE_') || isSyncFailure(code)) throw fault
  failedAt = now()
  if (!failing) {
    log.error('accounting cannot be stored, so it is not answered; the NAS will repeat it', { code })
    tell({ kind: 'failing', code })
  }
  failing = true
  state.set('storeFailing', 1)
  store.load()
  copies.forget()
  for (const one of taken) answer(one, false)
}

const decisionsIn = (taken: readonly Waiting[]): number =>
  taken.reduce((sum, { message }) => sum + (message.kind === 'decisions' ? message.chunk.decisions : 0), 0)

/** Applies what has arrived, and makes it durable in one transaction. */
const makeDurable = (taken: readonly Waiting[]): void => {
  const chunks: Chunk[] = []
  let records = false
  for (const { message } of taken) {
    if (message.kind === 'decisions') chunks.push(message.chunk)
    if (message.kind !== 'accounting') continue
    records = true
    store.begin()
    applyBatch(message.octets)
  }
  housekeeping.collect(taken.map((one) => one.message))
  if (records || store.pending || chunks.length > 0) {
    const beganMs = performance.now()
    store.commit(chunks, copies.write)
    state.observe('commit', Math.round((performance.now() - beganMs) * 1000))
  }
  copies.forget()
}

const recover = (): void => {
  failing = false
  state.set('storeFailing', 0)
  log.info('accounting is stored again')
  tell({ kind: 'recovered' })
}

const flush = (): void => {
  flushing = false
  const taken = waiting
  waiting = []
  if (failing && now() - failedAt < RETRY_AFTER_MS) {
    state.count('decisionsLost', decisionsIn(taken))
    for (const one of taken) answer(one, false)
    return
  }
  const before = failing ? rowsWritten.get()! : 0
  try {
    makeDurable(taken)
  } catch (fault) {
    state.count('decisionsLost', decisionsIn(taken))
    onFailure(fault, taken)
    return
  }
  // A transaction without a row fits on a full disk.
  if (failing && rowsWritten.get()! > before) recover()
  const settle = (): void => {
    for (const one of taken) answer(one, true)
  }
  if (shipper) shipper.whenSafe(settle)
  else settle()
  state.count('commits')
  state.set('openSessions', store.openSessions)
}

/** Runs once per turn of the loop, so that all that came in during the last commit goes into this one. */
const schedule = (): void => {
  if (flushing) return
  flushing = true
  setImmediate(() => {
    const beganMs = performance.now()
    flush()
    flushedMs += performance.now() - beganMs
  })
}

let summing: NodeJS.Timeout | undefined
let summedAt = performance.now()
/** Sums for the reports are made beside the work too. */
const sumUp = (): void => {
  const isBusy = flushedMs / Math.max(1, performance.now() - summedAt) > BUSY_SHARE
  let next: keyof typeof SUMS_PAUSE_MS = 'done'
  guarded(() => {
    if (usageSums.step()) next = isBusy ? 'sparing' : 'more'
    else if (!isBusy && usageSums.findTops(now())) next = 'sparing'
  })
  flushedMs = 0
  summedAt = performance.now()
  summing = setTimeout(sumUp, SUMS_PAUSE_MS[next])
}

let learning: NodeJS.Timeout | undefined
/** The ids of ended sessions are learnt beside the work, a page at a time. */
const learn = (): void => {
  let more = false
  guarded(() => {
    more = store.learnEnded()
  })
  learning = setTimeout(learn, more ? LEARN_PAUSE_MS : LEARNT_LOOK_MS)
}

let shipper: Shipper | undefined
/** What is committed beside accounting is shipped this often. */
const SHIP_MS = 50
const ship = (port: MessagePort): void => {
  shipper = new Shipper({
    raw: sessions,
    file: data.sessionsFile,
    checkpointPages: databaseLimits.walPagesBeforeCheckpoint,
    runFrames: RUN_FRAMES_MAX,
    post: (news, transfer) => port.postMessage(news, transfer),
  })
  const ships = shipper
  port.on('message', (order: ShipOrder) => ships.order(order))
  setInterval(() => ships.ship(), SHIP_MS).unref()
}

const addFront = (port: MessagePort): void => {
  port.on('message', (message: ToWriter) => {
    waiting.push({ port, message })
    schedule()
  })
}

const stop = (): void => {
  clearInterval(timer)
  clearTimeout(learning)
  clearTimeout(summing)
  flush()
  shipper?.ship()
  shipper?.leave()
  sessions.close()
  site.close()
  tell({ kind: 'stopped' })
  control.close()
}

control.on('message', (order: WriterOrder) => {
  if (order.kind === 'front') addFront(order.port)
  else if (order.kind === 'ship') ship(order.port)
  else if (order.kind === 'forget-quota') store.forgetQuota(order.grantNo)
  else if (order.kind === 'copied') guarded(() => copies.remove(order.nos))
  else if (order.kind === 'end-session') {
    store.endSession(order.no, now())
    schedule()
  } else stop()
})

/** Work beside accounting: a disk that refuses it is the same failure. */
function guarded(work: () => void): void {
  if (failing) return
  try {
    work()
  } catch (fault) {
    onFailure(fault, [])
  }
}

const timer = setInterval(() => {
  guarded(() => {
    housekeeping.run(now())
    const given = copies.trim()
    if (given > 0)
      log.error('copies of accounting were given up: a server has not answered for too long', { copies: given })
    if (store.pending) schedule()
  })
}, HOUSEKEEPING_MS)

store.load()
state.set('openSessions', store.openSessions)
learn()
summing = setTimeout(sumUp, SUMS_PAUSE_MS.more)
tell({ kind: 'ready' })
