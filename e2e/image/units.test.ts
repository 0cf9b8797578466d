import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { runToEnd } from '../box.ts'

const overlay = join(import.meta.dirname, '../../images/overlay')
const services = globSync('usr/lib/systemd/system/lango*.service', { cwd: overlay }).map((path) => basename(path))

/** Tenths of what systemd calls the exposure of a service: 0 nothing, 100 everything. */
const EXPOSURE_MAX = 29

test('each service of ours can do little beside its work', async () => {
  expect(services.length).toBeGreaterThan(15)
  const told = await Promise.all(
    services.map(async (name) => {
      const args = [
        'security',
        '--no-pager',
        '--offline=true',
        `--threshold=${EXPOSURE_MAX}`,
        `--root=${overlay}`,
        name,
      ]
      const { code, stdout } = await runToEnd('systemd-analyze', args)
      return code === 0 ? [] : [`${name}: ${stdout.trim().split('\n').at(-1)}`]
    }),
  )
  expect(told.flat()).toEqual([])
})
