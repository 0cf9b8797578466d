/**
 * The root half of updates, one verb for each of the image's services: `start` after each boot, `health` once Lango had
 * time to serve, `install`, `reboot` and `ssh` when it wishes so.
 */
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeDurably, readJson } from '@lango/kernel'
import { applyDelta } from '../delta.ts'
import { BUNDLE_BYTES_MAX } from '../manifest.ts'
import { DELTA_WHY, installWantedSchema, osFiles, rebootWantedSchema, type InstallWanted } from '../slots.ts'
import {
  bootedSlot,
  bundleVersion,
  health,
  markBad,
  markGood,
  rauc,
  reboot,
  runningVersion,
  sha256Of,
  slotDevice,
  slotStates,
  must,
} from './machine.ts'
import { authorizedKeys, sshWantedSchema } from './ssh.ts'
import {
  afterHealth,
  afterStart,
  agentStateSchema,
  firstState,
  otherSlot,
  refusal,
  refusedState,
  statusOf,
  type AgentState,
} from './state.ts'

const own = '/var/lib/lango-os'
const told = '/run/lango-os'
const wishes = process.env['LANGO_OS_DIR'] ?? '/var/lib/lango/os'
const stateFile = join(own, 'update-state.json')
/** Root's own place for what is being installed: nobody else can change it meanwhile. */
const taken = join(own, 'bundle.raucb')
const takenDelta = join(own, 'bundle.delta')
const HEALTH_WAIT_SEC = Number(process.env['LANGO_HEALTH_WAIT_SEC'] ?? 240)

const read = (): AgentState => readJson(stateFile, agentStateSchema) ?? firstState
const tell = (state: AgentState, percent: number): void => {
  const status = statusOf(state, bootedSlot(), slotStates(state.versions), percent)
  mkdirSync(told, { recursive: true })
  writeDurably(join(told, osFiles.updateStatus), `${JSON.stringify(status)}\n`, 0o644)
}
/** On the disk before anything is done that it tells of. */
const keep = (state: AgentState, percent = 0): AgentState => {
  writeDurably(stateFile, `${JSON.stringify(state)}\n`, 0o600)
  tell(state, percent)
  return state
}

function started(): void {
  const before = read()
  const state = afterStart(before, bootedSlot(), runningVersion(), Date.now())
  if (state.phase === 'rolled-back' && before.target !== null) markBad('other')
  keep(state)
  for (const left of [taken, takenDelta]) rmSync(left, { force: true })
}

function judge(): number {
  const why = health(HEALTH_WAIT_SEC)
  const before = read()
  const booted = bootedSlot()
  const state = afterHealth(before, booted, why === undefined, why ?? '', Date.now())
  if (why === undefined) {
    // Its tries come back; then the record, so that a cut between leaves it on trial, which it passes again.
    markGood()
    keep(state)
    return 0
  }
  console.error(`slot ${booted} does not serve: ${why}`)
  // Not on trial: the other slot is older and the data are the same. It stays and says so; three such starts in a row,
  // and the boot loader tries the other by itself.
  if (before.target !== booted) return 1
  keep(state)
  markBad('booted')
  reboot()
  return 1
}

/** Moves what lies in Lango's own folder into root's; what is on a stick stays where it is. */
function take(path: string, to: string): string {
  if (!path.startsWith('/var/lib/lango/')) return path
  renameSync(path, to)
  return to
}

/** The bundle that is asked for, in a place that nobody changes meanwhile; or why there is none. */
async function takeBundle({ bundle, sha256, deltaSha256 }: InstallWanted): Promise<{ path: string } | { why: string }> {
  if (deltaSha256 === undefined) {
    const path = take(bundle, taken)
    return (await sha256Of(path)) === sha256 ? { path } : { why: 'the file is not the one that was signed for' }
  }
  const delta = take(bundle, takenDelta)
  try {
    if ((await sha256Of(delta)) !== deltaSha256) return { why: `${DELTA_WHY}it is not the one that was signed for` }
    const basis = slotDevice(bootedSlot())
    const made = applyDelta({ basis, delta, target: taken, sizeBytesMax: BUNDLE_BYTES_MAX })
    return made === sha256 ? { path: taken } : { why: `${DELTA_WHY}it does not fit the release that runs` }
  } catch (error) {
    return { why: `${DELTA_WHY}${(error as Error).message}` }
  } finally {
    rmSync(takenDelta, { force: true })
  }
}

/** Why it is not installed; undefined once it is. `state` goes on in `keep`. */
async function tryInstall(wanted: InstallWanted, state: AgentState): Promise<string | undefined> {
  const booted = bootedSlot()
  if (!statSync(wanted.bundle, { throwIfNoEntry: false })?.isFile()) return `there is no file ${wanted.bundle}`
  const got = await takeBundle(wanted)
  if ('why' in got) return got.why
  const bundle = got.path
  const found = bundleVersion(bundle)
  if ('why' in found) return found.why
  if (found.version !== wanted.version) return `mixed up: asked for ${wanted.version}, the bundle is ${found.version}`
  const forbidden = refusal(state, booted, runningVersion(), found.version)
  if (forbidden !== undefined) return forbidden

  const target = otherSlot(booted)
  // From here on the other slot is not what it was.
  const writing = keep({ ...state, phase: 'writing', target, versions: { ...state.versions, [target]: null } })
  let last = 0
  const why = await rauc(bundle, (percent) => {
    if (percent > last) tell(writing, (last = percent))
  })
  if (why !== undefined) return why
  keep(
    { ...writing, phase: 'installed', versions: { ...writing.versions, [target]: found.version }, at: Date.now() },
    100,
  )
  return undefined
}

async function install(): Promise<number> {
  const wish = join(wishes, osFiles.installWanted)
  const wanted = readJson(wish, installWantedSchema)
  const before = read()
  // A wish that was looked at stays where it is: only its writer takes it away.
  if (wanted === undefined || wanted.at <= before.wishAt) return 0
  const state = keep({
    ...before,
    phase: 'verifying',
    target: null,
    version: wanted.version,
    why: '',
    at: Date.now(),
    wishAt: wanted.at,
  })
  let why: string | undefined
  try {
    why = await tryInstall(wanted, state)
  } catch (error) {
    why = error instanceof Error ? error.message : String(error)
  }
  if (why !== undefined) keep(refusedState(read(), why, Date.now()))
  rmSync(taken, { force: true })
  return why === undefined ? 0 : 1
}

function wishedReboot(): void {
  const wish = join(wishes, osFiles.rebootWanted)
  const wanted = readJson(wish, rebootWantedSchema)
  // It lies in the folder of the one who wished it, and would be found again after the start.
  rmSync(wish, { force: true })
  if (wanted === undefined) return
  const state = read()
  if (state.phase === 'installed') keep({ ...state, phase: 'rebooting', at: Date.now() }, 100)
  reboot()
}

function ssh(): number {
  const wanted = readJson(join(wishes, osFiles.sshWanted), sshWantedSchema)
  if (wanted === undefined) {
    console.error(`${osFiles.sshWanted} is not {"keys": ["ssh-ed25519 …", …]}: nothing was changed`)
    return 1
  }
  const file = join(own, 'ssh/authorized_keys')
  mkdirSync(dirname(file), { recursive: true })
  if (wanted.keys.length === 0) rmSync(file, { force: true })
  else writeDurably(file, authorizedKeys(wanted.keys), 0o644)
  must('systemctl', '--no-block', wanted.keys.length === 0 ? 'stop' : 'restart', 'ssh.service')
  return 0
}

const verbs: Readonly<Record<string, () => number | void | Promise<number>>> = {
  start: started,
  health: judge,
  install,
  reboot: wishedReboot,
  ssh,
}
const verb = verbs[process.argv[2] ?? '']
if (verb === undefined) {
  console.error(`os-agent ${Object.keys(verbs).join('|')}`)
  process.exit(2)
}
process.exitCode = (await verb()) ?? 0
