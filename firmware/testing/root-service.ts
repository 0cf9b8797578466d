/**
 * The root service of the image, played on files: it takes the wishes, and tells what becomes of them, as the real one
 * does by RAUC. A program of its own may run it (`tick` in a loop); tests step it. Its faults are those of real machines.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably, readJson } from '@lango/kernel'
import { applyDelta } from '../delta.ts'
import { BUNDLE_BYTES_MAX } from '../manifest.ts'
import {
  DELTA_WHY,
  installWantedSchema,
  osFiles,
  rebootWantedSchema,
  type InstallWanted,
  type UpdateStatus,
} from '../slots.ts'

export type RootFault =
  /** The bundle is signed by nobody that the image trusts. */
  | 'signature'
  /** It cannot be written to the other slot. */
  | 'disk'
  /** What runs after the restart does not serve. */
  | 'unhealthy'
  /** It does not even boot. */
  | 'panic'

export type RootService = {
  /** The next thing that happens; true when something did. */
  tick(): boolean
  status(): UpdateStatus
  fault: RootFault | undefined
  /** How often it has restarted. */
  readonly boots: number
}

const other = (slot: UpdateStatus['slot']): UpdateStatus['slot'] => (slot === 'A' ? 'B' : 'A')

export const playRootService = (wishes: string, told: string, version: string, now: () => number): RootService => {
  mkdirSync(told, { recursive: true })
  let boots = 0
  let status: UpdateStatus = {
    slot: 'A',
    versions: { A: version, B: null },
    states: { A: 'good', B: 'unknown' },
    phase: 'idle',
    percent: 0,
    version: null,
    why: '',
    at: now(),
  }
  const tell = (change: Partial<UpdateStatus>): boolean => {
    status = { ...status, why: '', percent: 0, at: now(), ...change }
    writeDurably(join(told, osFiles.updateStatus), JSON.stringify(status), 0o644)
    return true
  }
  tell({})

  /** Why the file is not what was signed; a delta is laid over the file `slot`. */
  const unfit = ({ bundle, sha256, deltaSha256 }: InstallWanted): string | undefined => {
    const found = createHash('sha256').update(readFileSync(bundle)).digest('hex')
    if (found !== (deltaSha256 ?? sha256)) return 'hash'
    if (deltaSha256 === undefined) return undefined
    const target = join(told, 'made')
    try {
      const made = applyDelta({ basis: join(told, 'slot'), delta: bundle, target, sizeBytesMax: BUNDLE_BYTES_MAX })
      return made === sha256 ? undefined : `${DELTA_WHY}it does not fit`
    } catch (error) {
      return `${DELTA_WHY}${(error as Error).message}`
    }
  }

  const install = (): boolean => {
    const file = join(wishes, osFiles.installWanted)
    const wanted = readJson(file, installWantedSchema)
    rmSync(file, { force: true })
    if (!wanted) return false
    const { version: next } = wanted
    const target = other(status.slot)
    const why = unfit(wanted)
    if (why !== undefined) return tell({ phase: 'refused', version: next, why })
    if (service.fault === 'signature') return tell({ phase: 'refused', version: next, why: 'signature' })
    tell({ phase: 'writing', version: next, percent: 40, states: { ...status.states, [target]: 'bad' } })
    if (service.fault === 'disk') return tell({ phase: 'refused', version: next, why: 'write: ENOSPC' })
    const versions = { ...status.versions, [target]: next }
    return tell({ phase: 'installed', version: next, versions, states: { ...status.states, [target]: 'unknown' } })
  }

  const reboot = (): boolean => {
    const file = join(wishes, osFiles.rebootWanted)
    const wanted = readJson(file, rebootWantedSchema)
    rmSync(file, { force: true })
    if (!wanted) return false
    const [old, next] = [status.slot, other(status.slot)]
    boots += 1
    if (status.phase !== 'installed') return tell({ phase: 'idle' })
    if (service.fault === 'panic' || service.fault === 'unhealthy') {
      const why = service.fault === 'panic' ? 'it did not boot' : 'health: login Access-Reject'
      boots += 1
      return tell({ phase: 'rolled-back', why, states: { ...status.states, [next]: 'bad' } })
    }
    return tell({ phase: 'good', slot: next, states: { ...status.states, [next]: 'good', [old]: 'good' } })
  }

  const service: RootService = {
    tick: () => install() || reboot(),
    status: () => status,
    fault: undefined,
    get boots() {
      return boots
    },
  }
  return service
}
