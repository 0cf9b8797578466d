/**
 * The simulated router as a process of its own, on 127.0.0.1: tells its ports as a line of JSON, and takes a line a fault,
 * or `reboot`, `cut`, `off` and `on`, from its input.
 *
 *     node --import ./tools/tsx-hook.mjs drivers/simulators/routeros/main.ts --password secret --version 7.9 --api 8728
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { systemRandom, systemTimers } from '@lango/kernel'
import { startRouterosSimulator, FAULTS } from './index.ts'

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: {
    user: text('admin'),
    password: text(''),
    version: text('7.18.2 (stable)'),
    key: { type: 'string' },
    cert: { type: 'string' },
    api: text('0'),
    'api-ssl': text('0'),
    www: text('0'),
    'www-ssl': text('0'),
    'latency-ms': text('0'),
    'segment-octets': text('0'),
  },
})
const { key, cert } = values

const simulator = await startRouterosSimulator({
  users: [{ name: values.user, password: values.password, group: 'full' }],
  version: values.version,
  tls:
    key !== undefined && cert !== undefined
      ? { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
      : undefined,
  clock: { now: Date.now, monotonicMs: () => performance.now() },
  timers: systemTimers(),
  random: systemRandom(),
  ports: {
    api: Number(values.api),
    'api-ssl': Number(values['api-ssl']),
    www: Number(values.www),
    'www-ssl': Number(values['www-ssl']),
  },
})
simulator.pace.latencyMs = Number(values['latency-ms'])
simulator.pace.segmentOctets = Number(values['segment-octets'])

const orders: Readonly<Record<string, () => void>> = {
  reboot: () => simulator.router.reboot(),
  cut: () => simulator.cut(),
  off: () => simulator.power(false),
  on: () => simulator.power(true),
  ...Object.fromEntries(FAULTS.map((fault) => [fault, () => simulator.fail(fault)])),
}
process.stdout.write(`${JSON.stringify(simulator.ports)}\n`)
// It ends with whoever started it.
for await (const order of createInterface({ input: process.stdin }))
  if (Object.hasOwn(orders, order)) orders[order]!()
  else process.stderr.write(`no such order: ${order}\n`)
await simulator.close()
