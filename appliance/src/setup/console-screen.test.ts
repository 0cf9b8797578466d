import { expect, test } from 'vitest'
import { COLUMNS, drawScreen, type Screen } from './console-screen.ts'

const lan = (address: string) => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4' as const,
  mac: '02:00:00:00:00:01',
  internal: false,
  cidr: `${address}/24`,
})
const fingerprint256 = Array.from({ length: 32 }, (_, n) => n.toString(16).padStart(2, '0').toUpperCase()).join(':')
const box = {
  siteName: 'Kisumu POP',
  setupCode: 'K7QM-3XRA',
  isOwned: false,
  isServing: true,
  clockSure: true,
  now: 10_000_000,
  sessionsOpen: 42,
  desk: { listen: '0.0.0.0', port: 443, fingerprint256 },
}
const screen: Screen = {
  version: '0.1.0',
  hostName: 'lango',
  interfaces: { eth0: [lan('192.168.88.10')] },
  uptimeSec: 100,
  box,
  noData: undefined,
  backupAt: undefined,
  update: undefined,
  network: undefined,
}
const owned = { ...box, setupCode: undefined, isOwned: true }

const fits = (drawn: string): void => {
  const lines = drawn.split('\n')
  expect(lines.length).toBeLessThan(25)
  for (const line of lines) expect(line).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${COLUMNS}}$`))
}

test('a new box tells where it is, how to know it, and the code', () => {
  const drawn = drawScreen(screen)
  fits(drawn)
  expect(drawn).toContain('Lango 0.1.0')
  expect(drawn).toMatch(/Kisumu POP$/m)
  expect(drawn).toMatch(/https:\/\/192\.168\.88\.10\/ +eth0/)
  expect(drawn).toContain('SHA-256 0001 0203 0405 0607')
  expect(drawn).toContain('1C1D 1E1F')
  expect(drawn).toMatch(/^SETUP CODE +K7QM-3XRA$/m)
  expect(drawn).toContain('type the setup code')
})

test('a box with an owner tells how it does, and no code', () => {
  const drawn = drawScreen({ ...screen, box: owned, backupAt: 10_000_000 - 3 * 3600_000 })
  fits(drawn)
  expect(drawn).not.toMatch(/setup code/i)
  expect(drawn).toMatch(/^Online +42 sessions$/m)
  expect(drawn).toMatch(/^Last backup +3 h ago$/m)
  expect(drawScreen({ ...screen, box: owned })).toContain('never')
})

test('what is wrong is said in words', () => {
  expect(drawScreen({ ...screen, box: { ...owned, isServing: false } })).toContain('NOT SERVING: accounting')
  expect(drawScreen({ ...screen, box: { ...owned, clockSure: false } })).toContain('not trusted yet')
  expect(drawScreen({ ...screen, box: undefined })).toContain('NOT SERVING: Lango is not running')
  expect(drawScreen({ ...screen, interfaces: {} })).toContain('connect a network cable')
  const noData = drawScreen({ ...screen, box: undefined, noData: 'No partition is labelled lango-data.\nfsck: 8' })
  expect(noData).toContain('THE DATA DISK CANNOT BE USED')
  expect(noData).toContain('No partition is labelled lango-data. fsck: 8')
})

test('an update and an unconfirmed change of the network are told as long as they matter', () => {
  const { update, network } = { update: { phase: 'writing', percent: 40 }, network: { revertsAtUptimeSec: 142.2 } }
  const drawn = drawScreen({ ...screen, box: owned, update, network })
  expect(drawn).toMatch(/^Update +writing 40 %$/m)
  expect(drawn).toContain('change not confirmed yet: reverts in 43 s')
  const later = drawScreen({ ...screen, box: owned, update: { phase: 'good' }, network, uptimeSec: 143 })
  expect(later).not.toContain('Update')
  expect(later).not.toContain('reverts')
  expect(drawScreen({ ...screen, update: { phase: 'rolled-back', why: 'no login' } })).toContain(
    'rolled-back: no login',
  )
})

test('any name, any number of addresses and any length fit on 80 by 25', () => {
  const interfaces = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`enp0s31f6.${n}`, [lan(`10.0.${n}.1`)]]))
  const drawn = drawScreen({
    ...screen,
    interfaces,
    box: { ...box, siteName: `Žižkov \u001b[2J\u{1f600} ${'x'.repeat(90)}`, clockSure: false },
    noData: 'why '.repeat(300),
    update: { phase: 'writing', percent: 1, why: 'y'.repeat(500) },
    network: { revertsAtUptimeSec: 160 },
  })
  fits(drawn)
  expect(drawn).toContain('Zizkov')
  expect(drawn).toContain('and 35 more')
  expect(drawn).toContain('K7QM-3XRA')
})

test('a desk on one address alone is told by that one, over plain http without a certificate', () => {
  const drawn = drawScreen({ ...screen, box: { ...box, desk: { listen: '127.0.0.1', port: 8080 } } })
  expect(drawn).toContain('http://127.0.0.1:8080/')
  expect(drawn).not.toContain('192.168.88.10')
  expect(drawn).not.toContain('SHA-256')
})
