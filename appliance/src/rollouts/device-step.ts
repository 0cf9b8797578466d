/**
 * The next step of one router. Whatever is done to it is put on record first, so that a box that is cut off goes on from
 * there: what was brought is seen to be there, and a router that has restarted is not told to again.
 */
import { ok, type Clock, type Log, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import {
  versionIn,
  type DeviceState,
  type listRolloutDevices,
  type listRollouts,
  type recordRolloutDevice,
} from '@lango/modules/rollouts'
import type { RouterSoftware } from '@lango/modules/rollouts/port'
import { firmwareWaits, isOfStep, nextStep, type PackageFile, type Step } from '@lango/modules/rollouts/rules'
import { isQuiet } from '@lango/modules/updates'
import type { z } from 'zod'
import {
  bringFile,
  bringFromMikrotik,
  readSoftware,
  restart,
  takeAwayFiles,
  writeFirmware,
  type RouterosClient,
  type SoftwareFault,
} from './drivers.ts'
import type { PackageHandOut } from './hand-out.ts'
import type { Routers } from './routers.ts'

export type Rollout = ResultOf<typeof listRollouts>[number]
export type Device = ResultOf<typeof listRolloutDevices>[number]
export type StoredPackage = PackageFile & { readonly sha256: string }
export type Change = Omit<z.input<typeof recordRolloutDevice.input>, 'id'>

/** A small router with a slow disk takes minutes to install. */
export const BACK_WITHIN_MS = 15 * 60_000
/** It has not restarted by then: it was not told, or has not listened. */
export const ORDER_AGAIN_MS = 60_000
/** Interfaces come up, and customers dial in again. */
export const HEALTHY_WITHIN_MS = 10 * 60_000
/** RouterBOOT is written to its flash. Unconfirmed how long that takes: the router only says so in its log. */
export const FIRMWARE_WRITE_MS = 15_000
const TRIES_MAX = 3
/** Uptime comes in whole seconds, and late. */
const UPTIME_TOLERANCE_MS = 2000
/** Whether they run says who is connected, and not how the router does. */
const RADIOS = new Set(['wlan', 'wifi'])

export type StepDeps = {
  readonly clock: Clock
  readonly log: Log
  readonly routers: Routers
  readonly handOut: PackageHandOut
  readonly packages: () => readonly StoredPackage[]
  /** As it is now. */
  readonly rollout: () => Rollout
  readonly record: (deviceId: string, change: Change) => void
  readonly recordSoftware: (routerId: string, software: RouterSoftware) => void
}

/** How soon to look again: at once, at the next look, or when there is no hurry. */
export type Next = 'go on' | 'soon' | 'later'

type Software = Result<RouterSoftware, SoftwareFault>

export class DeviceStep {
  readonly #deps: StepDeps
  readonly #device: Device
  readonly #client: RouterosClient

  constructor(deps: StepDeps, device: Device, client: RouterosClient) {
    this.#deps = deps
    this.#device = device
    this.#client = client
  }

  async run(): Promise<Next> {
    switch (this.#device.state) {
      case 'waiting':
        return this.#begin()
      case 'bringing':
        return this.#bring()
      case 'restarting':
        return this.#follow()
      case 'checking':
        return this.#check()
      case 'firmware':
        return this.#boot()
      default:
        return 'later'
    }
  }

  #record(state: DeviceState, change: Omit<Change, 'state'> = {}): void {
    this.#deps.record(this.#device.id, { state, ...change })
  }

  /** The same as before is not put on record again. */
  #wait(state: 'waiting' | 'bringing', why: Change['why'], said = ''): Next {
    const { state: before, why: whyBefore, said: saidBefore, tries } = this.#device
    if (state !== before || why !== whyBefore || said !== saidBefore)
      this.#record(state, { why, said, tries: state === before ? tries : 0 })
    return 'later'
  }

  #fail(why: Change['why'], said = ''): Next {
    this.#deps.log.warn('a router could not be brought up to date', { router: this.#device.name, why, said })
    this.#record('failed', { why, said })
    return 'later'
  }

  async #read(): Promise<Software> {
    const read = await readSoftware(this.#client)
    if (read.ok) this.#deps.recordSoftware(this.#device.deviceId, read.value)
    return read
  }

  async #isQuiet(): Promise<boolean> {
    const { clock, routers, rollout } = this.#deps
    const { isAtOnce, ...window } = rollout()
    if (isAtOnce) return true
    return isQuiet(window, routers.hourOfDay(clock.now()), await routers.busyHours(this.#device.deviceId))
  }

  async #begin(): Promise<Next> {
    if (!(await this.#isQuiet())) return this.#wait('waiting', 'quiet')
    const read = await this.#read()
    if (!read.ok) return this.#wait('waiting', 'offline', saidOf(read.error))
    const software = read.value
    const version = versionIn(software.versionText) ?? ''
    const { deviceId } = this.#device
    const { routers, rollout, packages } = this.#deps
    const fromVersion = this.#device.fromVersion === '' ? version : this.#device.fromVersion
    const before = {
      running: software.interfaces
        .filter(({ isRunning, type }) => isRunning && !RADIOS.has(type))
        .map(({ name }) => name),
      isHeard: routers.isHeard(deviceId),
    }
    const step = nextStep(software, rollout(), packages())
    if ('unfit' in step) {
      const { unfit, said } = step
      if (unfit === 'running' && rollout().withFirmware && firmwareWaits(software, rollout())) {
        this.#record('firmware', { fromVersion, version, nextVersion: version, before, orderedAt: null })
        return 'go on'
      }
      this.#record('skipped', { why: unfit, said, version, fromVersion })
      return 'later'
    }
    if (rollout().source === 'box' && routers.packagesAt(deviceId) === undefined) return this.#wait('waiting', 'portal')
    // Whoever has paused it meanwhile is heard.
    if (rollout().state !== 'running') return 'later'
    this.#record('bringing', { fromVersion, version, nextVersion: step.version, before, orderedAt: null })
    return 'go on'
  }

  async #bring(): Promise<Next> {
    const { rollout, packages, clock } = this.#deps
    if (rollout().state !== 'running') return this.#takeBack()
    const read = await this.#read()
    if (!read.ok) return this.#wait('waiting', 'offline', saidOf(read.error))
    const software = read.value
    const version = versionIn(software.versionText) ?? ''
    // Somebody has restarted it: it has installed what lay there.
    if (version !== this.#device.version && isOfStep(version, this.#device.nextVersion)) {
      this.#record('checking', { version, nextVersion: version, orderedAt: clock.now() - software.uptimeMs })
      return 'go on'
    }
    const step = nextStep(software, rollout(), packages())
    if ('unfit' in step) {
      this.#record('skipped', { why: step.unfit, said: step.said })
      return 'later'
    }
    const brought = await this.#bringFiles(step)
    if (!brought.ok) return this.#notBrought(brought.error)
    if (rollout().state !== 'running') return this.#takeBack()
    if (!(await this.#isQuiet())) return this.#wait('bringing', 'quiet')
    this.#record('restarting', { nextVersion: brought.value, orderedAt: clock.now(), tries: 1 })
    const told = await restart(this.#client, step.isDowngrade)
    if (told.ok || told.error.type !== 'Refused') return 'soon'
    await this.#takeAway()
    return this.#fail('not-restarting', told.error.message)
  }

  /** The version that it will run. */
  async #bringFiles(
    step: Step,
  ): Promise<Result<string, SoftwareFault | { readonly type: 'Altered'; readonly name: string }>> {
    const { rollout, routers, packages, handOut } = this.#deps
    if (rollout().source === 'mikrotik')
      return bringFromMikrotik(this.#client, {
        channel: step.channel,
        isWanted: (version) => isOfStep(version, step.version),
      })
    const from = routers.packagesAt(this.#device.deviceId) ?? ''
    for (const { name, sizeBytes } of step.files) {
      const { sha256 } = packages().find((one) => one.name === name)!
      if (!(await handOut.isUnaltered(name, sha256))) return { ok: false, error: { type: 'Altered', name } }
      const offer = handOut.offer(name)
      const brought = await bringFile(this.#client, { name, url: `${from}${offer.path}`, sizeBytes })
      offer.withdraw()
      if (!brought.ok) return brought
    }
    return ok(step.version)
  }

  async #notBrought(fault: SoftwareFault | { readonly type: 'Altered'; readonly name: string }): Promise<Next> {
    switch (fault.type) {
      case 'Altered':
        return this.#fail('altered', fault.name)
      case 'NotOffered':
        this.#record('skipped', { why: 'not-offered', said: fault.said === '' ? fault.version : fault.said })
        return 'later'
      case 'NotBrought':
      case 'Refused':
        break
      // It went away meanwhile: it is waited for like any other.
      default:
        return this.#wait('waiting', 'offline', saidOf(fault))
    }
    const tries = this.#device.tries + 1
    if (tries < TRIES_MAX) {
      this.#record('bringing', { why: 'not-brought', said: saidOf(fault), tries })
      return 'later'
    }
    await this.#takeAway()
    return this.#fail('not-brought', saidOf(fault))
  }

  /** It would install them with its next restart, whenever that is. */
  async #takeAway(): Promise<void> {
    const names = this.#deps.packages().map(({ name }) => name)
    const read = await readSoftware(this.#client)
    if (read.ok)
      await takeAwayFiles(
        this.#client,
        read.value.waitingFiles.filter((name) => names.includes(name)),
      )
  }

  async #takeBack(): Promise<Next> {
    await this.#takeAway()
    if (this.#deps.rollout().state === 'cancelled') this.#record('skipped', { why: 'cancelled' })
    else this.#record('waiting')
    return 'later'
  }

  /** Undefined while it is not known whether it has restarted since it was told to. */
  #hasRestarted({ uptimeMs }: RouterSoftware): boolean {
    const sinceMs = this.#deps.clock.now() - (this.#device.orderedAt ?? 0)
    return uptimeMs <= sinceMs + UPTIME_TOLERANCE_MS
  }

  /** Told again, where it has not restarted for a while; `done` where that does not help either. */
  async #orderAgain(why: Change['why'], order: () => Promise<unknown>): Promise<Next> {
    const { orderedAt, tries, state } = this.#device
    const now = this.#deps.clock.now()
    if (now - (orderedAt ?? 0) < ORDER_AGAIN_MS) return 'soon'
    if (tries >= TRIES_MAX) return this.#fail(why)
    this.#record(state, { orderedAt: now, tries: tries + 1 })
    await order()
    return 'soon'
  }

  #awaited(read: Software & { readonly ok: false }): Next {
    const { orderedAt } = this.#device
    const isLate = this.#deps.clock.now() - (orderedAt ?? 0) >= BACK_WITHIN_MS
    return isLate ? this.#fail('gone', saidOf(read.error)) : 'soon'
  }

  async #follow(): Promise<Next> {
    const read = await this.#read()
    if (!read.ok) return this.#awaited(read)
    const { versionText } = read.value
    const { nextVersion } = this.#device
    const version = versionIn(versionText) ?? ''
    if (isOfStep(version, nextVersion)) {
      this.#record('checking', { version, nextVersion: version })
      return 'go on'
    }
    if (this.#hasRestarted(read.value)) {
      await this.#takeAway()
      return this.#fail('old-version', versionText)
    }
    const step = nextStep(read.value, this.#deps.rollout(), this.#deps.packages())
    const isDowngrade = !('unfit' in step) && step.isDowngrade
    return this.#orderAgain('not-restarting', () => restart(this.#client, isDowngrade))
  }

  #illness({
    interfaces,
  }: RouterSoftware): { readonly why: 'interfaces' | 'radius'; readonly said: string } | undefined {
    const { before, orderedAt, deviceId } = this.#device
    if (before === null) return undefined
    const running = new Set(interfaces.flatMap(({ name, isRunning }) => (isRunning ? [name] : [])))
    const down = before.running.filter((name) => !running.has(name))
    if (down.length > 0) return { why: 'interfaces', said: down.join(', ') }
    const isSilent = before.isHeard && !this.#deps.routers.isHeardSince(deviceId, orderedAt ?? 0)
    return isSilent ? { why: 'radius', said: '' } : undefined
  }

  /** It runs what it should: what ran before has to run again, and whoever asked before has to ask again. */
  async #check(): Promise<Next> {
    const { clock, rollout, packages } = this.#deps
    const read = await this.#read()
    if (!read.ok) return this.#awaited(read)
    const { since, version } = this.#device
    const ill = this.#illness(read.value)
    if (ill) return clock.now() - since < HEALTHY_WITHIN_MS ? 'soon' : this.#fail(ill.why, ill.said)
    const step = nextStep(read.value, rollout(), packages())
    if (!('unfit' in step)) {
      this.#record('bringing', { version, nextVersion: step.version, orderedAt: null })
      return 'go on'
    }
    if (step.unfit !== 'running') return this.#fail(step.unfit, step.said)
    if (rollout().withFirmware && firmwareWaits(read.value, rollout())) {
      this.#record('firmware', { orderedAt: null })
      return 'go on'
    }
    this.#record('good')
    return 'later'
  }

  /** RouterBOOT: written, given time, and then a restart of its own. */
  async #boot(): Promise<Next> {
    const { clock, rollout } = this.#deps
    const { orderedAt, since } = this.#device
    const read = await this.#read()
    if (!read.ok) return orderedAt === null && clock.now() - since < BACK_WITHIN_MS ? 'soon' : this.#awaited(read)
    if (!firmwareWaits(read.value, rollout())) {
      // Whatever it is, it restarted for it.
      this.#record('checking', { orderedAt: orderedAt ?? since })
      return 'go on'
    }
    if (orderedAt === null) return this.#writeFirmware()
    if (this.#hasRestarted(read.value)) return this.#fail('firmware', read.value.firmware?.current)
    return this.#orderAgain('firmware', async () => {
      await writeFirmware(this.#client)
      await restart(this.#client, false)
    })
  }

  async #writeFirmware(): Promise<Next> {
    const { clock } = this.#deps
    const { tries, since } = this.#device
    if (tries === 0) {
      const written = await writeFirmware(this.#client)
      if (!written.ok && written.error.type === 'Refused') return this.#fail('firmware', saidOf(written.error))
      if (written.ok) this.#record('firmware', { tries: 1 })
    } else if (clock.now() - since >= FIRMWARE_WRITE_MS) {
      this.#record('firmware', { orderedAt: clock.now(), tries: 1 })
      await restart(this.#client, false)
    }
    return 'soon'
  }
}

/** In the words of the router or the system. */
const saidOf = (fault: SoftwareFault): string => {
  if ('message' in fault) return fault.message
  if ('cause' in fault) return fault.cause
  return 'said' in fault ? fault.said : fault.type
}
