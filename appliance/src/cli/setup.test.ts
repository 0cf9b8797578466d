import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import Sqlite from 'better-sqlite3'
import { testBox, type TestBox } from './testing/box.ts'

const HASH = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`
const SECRET = 'canary-of-the-router'
const owner = { login: 'wanjiru', name: 'Wanjiru', passwordHash: HASH }
const whole = {
  version: 1,
  owner,
  country: 'KE',
  site: { siteName: 'Lakeview' },
  routers: [{ name: 'tower', address: '192.168.88.1', secret: SECRET }],
  bundles: true,
  plans: [{ name: 'Home', kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 2000 }, priceMinor: 150_000 }],
  vouchers: [{ plan: '1 hour', count: 60 }],
}

let box: TestBox
beforeEach(() => (box = testBox()))
afterEach(() => box.remove())

const apply = (file: unknown) => box.langoWith(JSON.stringify(file), 'setup', 'apply', '-')
const rows = (sql: string) => {
  const database = new Sqlite(box.folder.siteFile, { readonly: true })
  const found = database.prepare(sql).all() as Record<string, unknown>[]
  database.close()
  return found
}
const counts = () =>
  ['staff', 'settings', 'routers', 'plans', 'voucher_batches', 'vouchers', 'setup_files'].map(
    (name) => rows(`SELECT count(*) n FROM ${name}`)[0]!['n'],
  )
const NOTHING = [0, 0, 0, 0, 0, 0, 0]

test('a file sets the whole box up, once; the same again changes nothing, however it is written', async () => {
  const { code, out } = await apply(whole)
  expect([code, out]).toEqual([0, expect.stringContaining('Its owner is wanjiru')])
  expect(out).toContain('lango voucher print --batch 1')
  expect(counts()).toEqual([1, 5, 1, 4, 1, 60, 1])
  expect(await box.json('setting', 'show')).toMatchObject({
    siteName: 'Lakeview',
    country: 'KE',
    currency: 'KES',
    timeZone: 'Africa/Nairobi',
  })
  const again = await box.langoWith(
    JSON.stringify(Object.fromEntries(Object.entries(whole).toReversed()), null, 4),
    'setup',
    'apply',
    '-',
  )
  expect([again.code, again.out]).toEqual([0, 'This file was applied before: nothing is changed.\n'])
  expect(counts()).toEqual([1, 5, 1, 4, 1, 60, 1])
})

test('another file is refused once there is an owner', async () => {
  await apply(whole)
  const before = counts()
  const { code, err } = await apply({ ...whole, country: 'UG' })
  expect([code, err]).toEqual([1, expect.stringContaining('has people already')])
  expect(counts()).toEqual(before)
})

test('an owner without a password gets an address to choose one, told once', async () => {
  const file = { version: 1, owner: { login: 'amina', name: 'Amina' }, country: 'XX' }
  const { out } = await apply(file)
  expect(out).toMatch(/\/welcome\?code=[\w-]{32}/)
  expect((await apply(file)).out).not.toContain('welcome')
  expect(rows('SELECT login, role, password_hash hash FROM staff')).toEqual([
    { login: 'amina', role: 'owner', hash: null },
  ])
})

test('all that is wrong with a file is told at once, by its path, and nothing is kept', async () => {
  const { code, err } = await apply({
    ...whole,
    version: 1,
    owner: { ...owner, login: 'Wan jiru!', passwordHash: 'plain text password' },
    country: 'Kenya',
    routers: [{ name: 'a', address: '10.0.0.1', secert: SECRET }],
    plans: [{ name: 'x', kind: 'pigeon', policy: {} }],
    network: 'dhcp',
    colour: 'red',
  })
  expect(code).toBe(1)
  for (const path of [
    'owner.login',
    'owner.passwordHash',
    'country',
    'routers.0',
    'plans.0.kind',
    'network',
    'the file',
  ])
    expect(err).toContain(`\n  ${path}: `)
  expect(err).toContain('secert')
  expect(err).not.toContain(SECRET)
  expect(err).not.toContain('plain text password')
  expect(counts()).toEqual(NOTHING)
})

test('what only shows when it is done is told by its path too, and all of it is taken back', async () => {
  const router = { name: 'tower', address: '10.0.0.1' }
  const { code, err } = await apply({
    ...whole,
    routers: [router, router, { name: 'other', address: '300.1.1.1' }],
    plans: [{ name: '1 hour', kind: 'hotspot', policy: {} }],
    vouchers: [{ plan: 'Nowhere', count: 10 }],
  })
  expect(code).toBe(1)
  for (const line of [
    /routers\.1: .*tower/,
    /routers\.2: .*300\.1\.1\.1/,
    /plans\.0: .*1 hour/,
    /vouchers\.0: .*Nowhere/,
  ])
    expect(err).toMatch(line)
  expect(counts()).toEqual(NOTHING)
  expect((await apply(whole)).code).toBe(0)
})

test('bundles have no prices in another currency than the country’s', async () => {
  const { err } = await apply({ ...whole, site: { currency: 'EUR' }, vouchers: [] })
  expect(err).toContain('bundles: ')
  expect(counts()).toEqual(NOTHING)
  expect((await apply({ ...whole, country: 'FR', site: { currency: 'EUR' }, bundles: false, vouchers: [] })).code).toBe(
    0,
  )
  expect(await box.json('setting', 'show')).toMatchObject({ country: 'FR', currency: 'EUR', timeZone: '' })
})

test.each(['', '{', '[]', '"text"', 'null', `{"owner": {"secret": "${SECRET}"`, `{"a": ${SECRET}}`])(
  'what is no JSON object (%j) is told without a piece of it',
  async (text) => {
    const { code, err, out } = await box.langoWith(text, 'setup', 'apply', '-')
    expect(code).toBe(1)
    expect(err).toContain('is no JSON object')
    expect(err + out).not.toContain(SECRET)
    expect(counts()).toEqual(NOTHING)
  },
)

test('a file that is not there, or far too long, is no file', async () => {
  expect((await box.lango('setup', 'apply', join(box.dir, 'nowhere.json'))).err).toContain('ENOENT')
  const long = join(box.dir, 'long.json')
  writeFileSync(long, ' '.repeat(1024 * 1024 + 1))
  expect((await box.lango('setup', 'apply', long)).err).toContain('EFBIG')
})

test('no secret of it stands in the databases in clear, nor in what is said', async () => {
  const { out, err } = await apply(whole)
  expect(out + err).not.toContain(SECRET)
  const database = new Sqlite(box.folder.siteFile)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  expect(readFileSync(box.folder.siteFile).includes(SECRET)).toBe(false)
  const audit = JSON.stringify(rows(`SELECT * FROM audit WHERE command = 'setup.apply'`))
  expect(audit).not.toContain('argon2id')
})

test('what is wished of the machine is left for the image’s services, and only before there is an owner', async () => {
  const os = join(box.dir, 'os')
  mkdirSync(os)
  const network = { uplink: { dhcp: true } }
  const withOs = (file: unknown) => box.langoIn({ LANGO_OS_DIR: os }, JSON.stringify(file), 'setup', 'apply', '-')
  const wanted = join(os, 'network-wanted.json')
  expect((await withOs({ ...whole, network, country: 'kenya' })).code).toBe(1)
  expect(existsSync(wanted)).toBe(false)
  expect((await withOs({ ...whole, network, ssh: { keys: ['ssh-ed25519 AAAA'] } })).code).toBe(0)
  expect(JSON.parse(readFileSync(wanted, 'utf8'))).toEqual(network)
  expect(statSync(wanted).mode & 0o777).toBe(0o600)
  expect(existsSync(join(os, 'ssh-wanted.json'))).toBe(true)
  writeFileSync(wanted, '{"changed":"at the desk"}')
  expect((await withOs({ ...whole, network, ssh: { keys: ['ssh-ed25519 AAAA'] } })).out).toContain('applied before')
  expect(readFileSync(wanted, 'utf8')).toContain('at the desk')
})

test('a hash of a password is one that opens the desk, and a password that is easy to guess gets none', async () => {
  const { code, out } = await box.langoWith('nyani haoni kundule\n', 'setup', 'hash-password', '--password-file', '-')
  expect([code, out]).toEqual([0, expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]+\$[\w+/]+\n$/)])
  expect((await apply({ ...whole, owner: { ...owner, passwordHash: out.trim() } })).code).toBe(0)
  expect((await box.langoWith('short\n', 'setup', 'hash-password', '--password-file', '-')).code).toBe(2)
  expect((await box.lango('setup', 'hash-password')).code).toBe(2)
})
