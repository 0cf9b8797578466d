/** The root service of the network, one verb for each of the image's units. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readPorts } from '../ports.ts'
import { createAgent } from './agent.ts'
import type { Machine } from './carry-out.ts'

const RUN_TIMEOUT_MS = 30_000

const machine: Machine = {
  root: '/',
  uptimeSec: () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]),
  ports: readPorts,
  run(command, ...args) {
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: RUN_TIMEOUT_MS })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? (stderr || stdout).trim()}`)
  },
}

const agent = createAgent(machine, process.env['LANGO_OS_DIR'] ?? '/var/lib/lango/os')
const verbs: Readonly<Record<string, () => void>> = {
  start: () => agent.start(),
  apply: () => agent.apply(),
  confirm: () => agent.confirm(),
  revert: () => agent.revert(),
  status: () => agent.status(),
}
const verb = verbs[process.argv[2] ?? '']
if (verb === undefined) {
  console.error(`network-agent ${Object.keys(verbs).join('|')}`)
  process.exit(2)
}
verb()
