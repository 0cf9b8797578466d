import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { runToEnd } from '../box.ts'

const overlay = join(import.meta.dirname, '../../images/overlay')
const services = globSync('usr/lib/systemd/system/lango*.service', { cwd: overlay }).map((path) => basename(path))

/** Tenths of what systemd calls the exposure of a service: 0 nothing, 100 everything. */
const EXPOSURE_MAX = 29
/** pppd is a program of root's that makes links and ends its own sessions; with less it was not seen to work yet. */
const PPPOE_MAX = 32
const isPppoe = (name: string): boolean => name === 'lango-pppoe.service' || name === 'lango-pppoe-uplink.service'

test('each service of ours can do little beside its work', async () => {
  expect(services.length).toBeGreaterThan(15)
  const told = await Promise.all(
    services.map(async (name) => {
      const args = [
        'security',
        '--no-pager',
        '--offline=true',
        `--threshold=${isPppoe(name) ? PPPOE_MAX : EXPOSURE_MAX}`,
        `--root=${overlay}`,
        name,
      ]
      const { code, stdout } = await runToEnd('systemd-analyze', args)
      return code === 0 ? [] : [`${name}: ${stdout.trim().split('\n').at(-1)}`]
    }),
  )
  expect(told.flat()).toEqual([])
})
