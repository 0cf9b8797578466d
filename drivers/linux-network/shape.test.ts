import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

// The kernels that tests run on have no CAKE: what is asked of it is looked at here, that it shapes in e2e/image.
const script = join(import.meta.dirname, '../../images/overlay/usr/lib/lango/lango-pppoe-shape')
const bin = mkdtempSync(join(tmpdir(), 'lango-shape-'))
for (const name of ['tc', 'ip']) {
  writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} "$@"\n`)
  chmodSync(join(bin, name), 0o755)
}
afterAll(() => rmSync(bin, { recursive: true }))

const shaped = (attributes: string): { down?: string; up?: string } => {
  const env = { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` }
  const { status, stdout, stderr } = spawnSync('sh', [script, 'ppp7'], { input: attributes, encoding: 'utf8', env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const rateOf = (device: string) => new RegExp(`dev ${device} root cake bandwidth (\\S+)`).exec(stdout)?.[1]
  const [down, up] = [rateOf('ppp7'), rateOf('ifb-ppp7')]
  return { ...(down === undefined ? {} : { down }), ...(up === undefined ? {} : { up }) }
}

test.each([
  ['WISPr-Bandwidth-Max-Up 512000\nWISPr-Bandwidth-Max-Down 4000000\n', { down: '4000kbit', up: '512kbit' }],
  ['Mikrotik-Rate-Limit 2M/10M 4M/20M 1M/8M 8/8\n', { down: '10000kbit', up: '2000kbit' }],
  ['Mikrotik-Rate-Limit 512k\n', { down: '512kbit', up: '512kbit' }],
  ['Mikrotik-Rate-Limit 1G/256000\n', { down: '256kbit', up: '1000000kbit' }],
  ['WISPr-Bandwidth-Max-Down 4000000000\n', { down: '4000000kbit' }],
  ['Framed-IP-Address 10.50.0.10\nReply-Message WISPr-Bandwidth-Max-Up 1000000\n', {}],
  ['Mikrotik-Rate-Limit $(reboot);`reboot`/x\n', {}],
  ['', {}],
])('the speed of %j', (attributes, expected) => {
  expect(shaped(attributes)).toEqual(expected)
})
