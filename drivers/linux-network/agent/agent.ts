/**
 * The root half of the network: a wish is tried for a minute and kept only when whoever wished it says, over the network
 * as it is then, that they are still there. What is tried lives in memory (/run): a power cut in between starts what was
 * confirmed before. Each verb is a process of its own, and one at a time (`flock` in the units).
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { NetworkFault, NetworkPlan, NetworkStatus } from '@lango/modules/network/port'
import { readJson, writeDurably } from '@lango/kernel'
import { faultsOf, isFeasible } from '../faults.ts'
import { OWN_DIR } from '../files.ts'
import { networkPlanSchema, withoutSecrets } from '../plan.ts'
import { confirmedSchema, networkFiles, wantedSchema, type Wanted } from '../wishes.ts'
import { carryOut, stateDirOf, type Machine } from './carry-out.ts'
import { forgetOverlayKeys, overlayPublicKey } from './overlay-keys.ts'

export const TRIAL_SEC = 60
const TIMER = 'lango-network-revert.timer'
const WHY_LENGTH_MAX = 500

const trialSchema = z.object({ id: z.string(), plan: networkPlanSchema, revertsAtUptimeSec: z.number() })
const keptSchema = z.object({ id: z.string(), plan: networkPlanSchema })

export type Agent = {
  /** After each start of the machine. */
  start(): void
  /** A wish was written. */
  apply(): void
  confirm(): void
  /** The minute is over. */
  revert(): void
  /** Tells anew how things are. */
  status(): void
}

type Told = Pick<NetworkStatus, 'state' | 'wishId'> &
  Partial<Pick<NetworkStatus, 'revertsAtUptimeSec' | 'faults' | 'why'>>

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, WHY_LENGTH_MAX)

class NetworkAgent implements Agent {
  readonly #machine: Machine
  readonly #wishes: string
  readonly #files: Readonly<Record<'trial' | 'kept' | 'seen' | 'told', string>>

  constructor(machine: Machine, wishes: string) {
    this.#machine = machine
    this.#wishes = wishes
    const state = stateDirOf(machine)
    this.#files = {
      trial: join(machine.root, OWN_DIR, 'trial.json'),
      kept: join(state, 'network.json'),
      seen: join(state, 'network-seen.json'),
      told: join(machine.root, 'run/lango-os', networkFiles.status),
    }
    mkdirSync(state, { recursive: true })
    mkdirSync(join(machine.root, OWN_DIR), { recursive: true })
    mkdirSync(dirname(this.#files.told), { recursive: true })
  }

  start(): void {
    // A trial of this very boot: whoever tried it died on the way.
    const trial = this.#trial()
    this.#back(trial === undefined ? undefined : { state: 'reverted', wishId: trial.id })
  }

  apply(): void {
    // Another may be written while this one is carried out.
    for (let id: string | undefined; ;) {
      const wanted: Wanted | undefined = readJson(join(this.#wishes, networkFiles.wanted), wantedSchema)
      if (wanted === undefined) return this.#refuseUnread()
      if (wanted.id === id || wanted.id === this.#seen()) return
      id = wanted.id
      this.#tryOut(wanted)
    }
  }

  confirm(): void {
    const trial = this.#trial()
    const said = readJson(join(this.#wishes, networkFiles.confirmed), confirmedSchema)
    if (trial === undefined || said?.id !== trial.id) return
    if (this.#machine.uptimeSec() >= trial.revertsAtUptimeSec) return this.revert()
    this.#keep(trial)
  }

  #keep(trial: z.infer<typeof trialSchema>): void {
    writeDurably(this.#files.kept, `${JSON.stringify({ id: trial.id, plan: trial.plan })}\n`, 0o600)
    rmSync(this.#files.trial)
    this.#machine.run('systemctl', 'stop', TIMER)
    if (trial.plan.overlay !== undefined) forgetOverlayKeys(stateDirOf(this.#machine), trial.plan.overlay.keyNo)
    this.#tell({ state: 'confirmed', wishId: trial.id })
  }

  revert(): void {
    const trial = this.#trial()
    if (trial === undefined) return
    // Confirmed in its last moment, and cut off before the record of the trial was gone.
    if (this.#kept()?.id === trial.id) return this.#back(undefined)
    this.#back({ state: 'reverted', wishId: trial.id })
  }

  status(): void {
    const trial = this.#trial()
    const kept = this.#kept()
    if (trial) this.#tell({ state: 'trial', wishId: trial.id, revertsAtUptimeSec: trial.revertsAtUptimeSec })
    else this.#tell({ state: kept ? 'confirmed' : 'none', wishId: kept?.id ?? null })
  }

  #trial = () => readJson(this.#files.trial, trialSchema)
  #kept = () => readJson(this.#files.kept, keptSchema)
  #seen = () => readJson(this.#files.seen, confirmedSchema)?.id

  #tryOut({ id, plan, isKept }: Wanted): void {
    // On the disk before anything is done: a wish that takes the machine down is not done again.
    writeDurably(this.#files.seen, `${JSON.stringify({ id })}\n`, 0o600)
    const faults = faultsOf(plan, this.#machine.ports(null))
    if (!isFeasible(faults)) return this.#refuse({ wishId: id, faults })
    const revertsAtUptimeSec = Math.floor(this.#machine.uptimeSec()) + TRIAL_SEC
    // The way back first: from here on the minute ends it, whatever becomes of this process.
    writeDurably(this.#files.trial, `${JSON.stringify({ id, plan, revertsAtUptimeSec })}\n`, 0o600)
    this.#machine.run('systemctl', 'restart', TIMER)
    try {
      carryOut(this.#machine, plan)
      this.#tell({ state: 'trial', wishId: id, revertsAtUptimeSec, faults })
      if (isKept) this.#keep({ id, plan, revertsAtUptimeSec })
    } catch (error) {
      this.#back({ state: 'refused', wishId: id, faults, why: messageOf(error) })
    }
  }

  /** Refused without a touch: what runs goes on, also a trial. */
  #refuse(what: { wishId: string | null; faults?: readonly NetworkFault[]; why?: string }): void {
    const trial = this.#trial()
    this.#tell({ state: 'refused', ...what, ...(trial ? { revertsAtUptimeSec: trial.revertsAtUptimeSec } : {}) })
  }

  #refuseUnread(): void {
    if (existsSync(join(this.#wishes, networkFiles.wanted))) this.#refuse({ wishId: null, why: 'the wish is no plan' })
  }

  /** What was confirmed, or nothing where nothing ever was; the record of the trial goes last. */
  #back(told: Told | undefined): void {
    const kept = this.#kept()
    let why: string | undefined
    try {
      carryOut(this.#machine, kept?.plan ?? null)
    } catch (error) {
      why = messageOf(error)
    }
    rmSync(this.#files.trial, { force: true })
    const state = told ?? { state: kept ? ('confirmed' as const) : ('none' as const), wishId: kept?.id ?? null }
    this.#tell({ ...state, ...(why === undefined ? {} : { why }) })
    if (why !== undefined) throw new Error(why)
  }

  #tell(told: Told): void {
    const plan: NetworkPlan | null = this.#trial()?.plan ?? this.#kept()?.plan ?? null
    const keyNo = plan?.overlay?.keyNo ?? 1
    const [current, next] = [keyNo, keyNo + 1].map((no) => overlayPublicKey(stateDirOf(this.#machine), no)) as [
      string,
      string,
    ]
    const status: NetworkStatus = {
      plan: plan && withoutSecrets(plan),
      ports: this.#machine.ports(plan),
      faults: plan === null ? [] : faultsOf(plan, this.#machine.ports(null)),
      overlayKeys: { current, next },
      why: '',
      ...told,
    }
    writeDurably(this.#files.told, `${JSON.stringify(status)}\n`, 0o644)
  }
}

export const createAgent = (machine: Machine, wishes: string): Agent => new NetworkAgent(machine, wishes)
