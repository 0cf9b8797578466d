/** Makes the machine what a plan says. Everything here may be done again, after it was cut off anywhere. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { NetworkPlan, NetworkPort } from '@lango/modules/network/port'
import { FIREWALL_BASE, NETWORKD_DIR, OWN_DIR, planned, planUnits, type PlannedFile, type PlanUnit } from '../files.ts'
import { overlayKeyFile } from './overlay-keys.ts'

/** What the agent does to the machine, beside writing files. */
export interface Machine {
  /** `/`; files are below it. */
  readonly root: string
  /** Of this boot: it goes on whatever is done to the clock. */
  uptimeSec(): number
  ports(plan: NetworkPlan | null): readonly NetworkPort[]
  /** Throws with what the program said. */
  run(command: string, ...args: readonly string[]): void
}

const OWN_STATE = 'var/lib/lango-os'
export const stateDirOf = ({ root }: Machine): string => join(root, OWN_STATE)

/** Names that this agent gives: nothing else in those folders is its to remove. */
const isOurs = (name: string): boolean => /^(10|79)-lango-/.test(name)
const UNFINISHED = 'unfinished'
const KEPT = ['trial.json', 'firewall.nft', UNFINISHED]

const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

const present = ({ root }: Machine): Map<string, string> => {
  const own = [
    ...list(join(root, NETWORKD_DIR))
      .filter(isOurs)
      .map((name) => `${NETWORKD_DIR}/${name}`),
    ...list(join(root, OWN_DIR, 'pppoe')).map((name) => `${OWN_DIR}/pppoe/${name}`),
    ...list(join(root, OWN_DIR))
      .filter((name) => name !== 'pppoe' && !KEPT.includes(name))
      .map((name) => `${OWN_DIR}/${name}`),
  ]
  return new Map(own.map((path) => [path, read(join(root, path)) ?? '']))
}

const list = (dir: string): readonly string[] =>
  existsSync(dir)
    ? readdirSync(dir, { withFileTypes: true })
        .filter((one) => one.isFile())
        .map(({ name }) => name)
    : []

const put = (machine: Machine, { path, content, mode }: PlannedFile): void => {
  const file = join(machine.root, path)
  mkdirSync(dirname(file), { recursive: true })
  rmSync(file, { force: true })
  writeFileSync(file, content, { mode, flag: 'wx' })
}

/** Links that systemd-networkd has made by files that are no longer so: it removes none by itself. */
const removeLinks = (machine: Machine, before: Map<string, string>, after: Map<string, string>): void => {
  for (const [path, content] of before) {
    const name = /\/10-lango-([\w-]+)\.netdev$/.exec(path)?.[1]
    if (name === undefined || after.get(path) === content) continue
    if (existsSync(join(machine.root, 'sys/class/net', name))) machine.run('ip', 'link', 'delete', 'dev', name)
  }
}

/** What a service reads when it starts: where that is another now, it starts anew. */
const readBy: Readonly<Record<PlanUnit, RegExp>> = {
  'lango-gateway.service': /lango-network\/gateway\./,
  'lango-pppoe-uplink.service': /lango-network\/uplink\./,
  'lango-pppoe-nas.service': /lango-network\/pppoe\/nas\.json/,
  'lango-pppoe.service': /lango-network\/(pppoe\/(server|options|radiusclient|dictionary|servers)|hosts)/,
}

const hasChanged = (which: RegExp, before: Map<string, string>, after: Map<string, string>): boolean =>
  [...new Set([...before.keys(), ...after.keys()])].some(
    (path) => which.test(path) && before.get(path) !== after.get(path),
  )

/** `seqfile` and the like belong to the services; they are no files of a plan. */
const isWritten = (path: string): boolean => !/\/pppoe\/(seq|nologin|issue)$/.test(path)

const startOf = ({ root }: Machine): string =>
  /^LANGO_START="?([^"\n]*)"?$/m.exec(read(join(root, 'etc/default/lango')) ?? '')?.[1] ?? ''

const setKernel = ({ root }: Machine, path: string, value: string): void => {
  const file = join(root, 'proc/sys', path)
  if (existsSync(file)) writeFileSync(file, value)
}

const swapFiles = (machine: Machine, files: readonly PlannedFile[]) => {
  const before = new Map([...present(machine)].filter(([path]) => isWritten(path)))
  const after = new Map(files.map(({ path, content }) => [path, content]))
  for (const path of before.keys()) if (!after.has(path)) rmSync(join(machine.root, path))
  for (const file of files) if (before.get(file.path) !== file.content) put(machine, file)
  return { before, after }
}

const overlayKey = (machine: Machine, plan: NetworkPlan | null, keyFile: string): readonly PlannedFile[] => {
  if (plan?.overlay === undefined) return []
  const content = readFileSync(overlayKeyFile(stateDirOf(machine), plan.overlay.keyNo), 'utf8')
  return [{ path: keyFile.slice(1), content, mode: 0o640 }]
}

/** `null`: as before there was a plan: each port asks for an address, and is for everything. */
export const carryOut = (machine: Machine, plan: NetworkPlan | null): void => {
  const keyFile = `/${OWN_DIR}/overlay.key`
  const around = { ports: machine.ports(null), start: startOf(machine), overlayKeyFile: keyFile }
  const wanted = plan && planned(plan, around)
  const overlay = overlayKey(machine, plan, keyFile)
  // Cut off between its files and its services: what the services run by is not what the files say.
  const unfinished = join(machine.root, OWN_DIR, UNFINISHED)
  const wasCutOff = existsSync(unfinished)
  writeFileSync(unfinished, '')
  const { before, after } = swapFiles(machine, [...(wanted?.files ?? []), ...overlay])
  if (overlay.length > 0) machine.run('chgrp', 'systemd-network', join(machine.root, keyFile))

  const firewall = join(machine.root, OWN_DIR, 'firewall.nft')
  put(machine, { path: `${OWN_DIR}/firewall.nft`, content: wanted?.firewall ?? withoutPlan, mode: 0o644 })
  machine.run('nft', '-f', firewall)
  setKernel(machine, 'net/ipv4/ip_forward', wanted?.forwards ? '1' : '0')
  setKernel(machine, 'kernel/hostname', wanted?.hostName ?? 'lango')
  removeLinks(machine, before, after)
  machine.run('networkctl', 'reload')
  runUnits(machine, wanted?.units ?? [], (which) => wasCutOff || hasChanged(which, before, after))
  rmSync(unfinished)
}

/** What passes through the box is nothing any more. */
const withoutPlan = `include "${FIREWALL_BASE}"\nadd table inet lango_net\ndelete table inet lango_net\n`

/** Nothing is waited for: at the start of the machine these services wait for this one. */
const runUnits = (machine: Machine, wanted: readonly PlanUnit[], isAnother: (which: RegExp) => boolean): void => {
  for (const unit of planUnits.filter((one) => !wanted.includes(one)))
    machine.run('systemctl', '--no-block', 'stop', unit)
  for (const unit of wanted) machine.run('systemctl', '--no-block', isAnother(readBy[unit]) ? 'restart' : 'start', unit)
  // Its portal moves with the gateway's door.
  if (isAnother(/lango-network\/lango\.env/)) machine.run('systemctl', '--no-block', 'try-restart', 'lango.service')
}
