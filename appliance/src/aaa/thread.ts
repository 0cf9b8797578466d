/** What every AAA thread that answers logins is made of: read-only databases, the gate, the decision log. */
import { randomInt } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { openVault, orThrow, systemRandom, type Clock, type Log, type Random, type Vault } from '@lango/kernel'
import { openRaw, type RawDatabase } from '@lango/kernel/db'
import { Calendar } from '@lango/modules/access/rules'
import { AdminDoor } from './admin-login.ts'
import { createClients, type Clients } from './clients.ts'
import { createAsker } from './control-link.ts'
import { DecisionPacker, type Decision } from './decision-log.ts'
import { Gate } from './gate.ts'
import { LoginHandler, type LoginDeps } from './login-handler.ts'
import type { AaaData, Failure, ToWriter } from './messages.ts'
import { createReaders } from './readers.ts'
import { SharedState, threadClock } from './shared-state.ts'
import { SlotTable } from './slots.ts'
import { threadLog } from './thread-log.ts'

/** Decisions leave for the disk at least this often. */
const DECISIONS_FLUSH_MS = 100
/** The upper pages of the indexes; a leaf comes from the page cache of the machine, for about a microsecond. */
const SITE_CACHE_BYTES = 8 * 1024 * 1024
const SESSIONS_CACHE_BYTES = 2 * 1024 * 1024

export type AaaThread = {
  readonly log: Log
  readonly clock: Clock
  readonly monotonicMs: () => number
  readonly random: Random
  readonly site: RawDatabase
  readonly vault: Vault
  readonly state: SharedState
  readonly gate: Gate
  readonly clients: Clients
  readonly asker: ReturnType<typeof createAsker>
  readonly decided: (decision: Decision, wrongPasswordAt: string | undefined) => void
  /** Hands over what was decided; called by its own timer, and once more before the thread ends. */
  readonly flush: () => void
  readonly close: () => void
}

export const createAaaThread = (
  name: string,
  data: AaaData,
  control: MessagePort,
  toWriter: (message: ToWriter, transfer: ArrayBuffer[]) => void,
): AaaThread => {
  const log = threadLog(name, data.logLevel)
  const state = new SharedState(data.state)
  const clock = threadClock(state)
  const site = orThrow(openRaw({ file: data.siteFile, readonly: true, cacheBytes: SITE_CACHE_BYTES }))
  const sessions = orThrow(openRaw({ file: data.sessionsFile, readonly: true, cacheBytes: SESSIONS_CACHE_BYTES }))
  const random = systemRandom()
  const vault = orThrow(openVault({ file: data.keyFile, create: false, random }))
  const slots = new SlotTable(data.slots)
  const readers = createReaders(site, sessions, state, new Calendar(data.timeZone))
  const packer = new DecisionPacker()
  let failures: Failure[] = []

  const flush = (): void => {
    if (packer.size === 0) return
    const chunk = packer.take()
    toWriter({ kind: 'decisions', chunk, failures }, [chunk.body.buffer])
    failures = []
  }
  const timer = setInterval(flush, DECISIONS_FLUSH_MS)

  return {
    log,
    clock,
    state,
    site,
    vault,
    random,
    monotonicMs: clock.monotonicMs,
    gate: new Gate({ readers, vault, slots, clock, log }),
    clients: createClients({ site: site, vault, log, monotonicMs: clock.monotonicMs }),
    asker: createAsker(control),
    decided(decision, wrongPasswordAt) {
      if (packer.full) flush()
      packer.add(decision)
      if (wrongPasswordAt !== undefined)
        failures.push({ login: decision.login, device: wrongPasswordAt, at: decision.at })
    },
    flush,
    close() {
      clearInterval(timer)
      flush()
      site.close()
      sessions.close()
    },
  }
}

/** The login handler of a thread, given how it reaches EAP and home servers. */
export const createLoginHandler = (
  thread: AaaThread,
  ways: Pick<LoginDeps, 'eap' | 'findStation' | 'proxy'>,
): LoginHandler =>
  new LoginHandler({
    gate: thread.gate,
    clock: thread.clock,
    log: thread.log,
    state: thread.state,
    randomSalt: () => randomInt(0x8000),
    ...ways,
    decided: thread.decided,
    admin: new AdminDoor({ monotonicMs: thread.monotonicMs, ask: thread.asker.askForAdmin }),
    firstUse: (grant, device, admitted) =>
      thread.asker.ask({
        kind: 'first-use',
        grantId: grant.id,
        device,
        bind: admitted.policy.bindDevices === 'first',
        deviceLimit: admitted.policy.deviceLimit,
        serial: admitted.bindSerial,
      }),
  })
