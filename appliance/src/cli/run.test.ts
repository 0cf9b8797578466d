import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { collectingLog } from '@lango/kernel/testing'
import { lockFolder } from '../data-folder.ts'
import { serveRpc } from '../rpc/server.ts'
import { createQueryRunner, runWhole } from '../run-named.ts'
import { openSite } from '../site.ts'
import { groups } from './groups.ts'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(async () => {
  box = testBox()
  await box.json('router', 'add', 'tower', '--address', '10.9.0.0/24', '--secret', 'a-secret-of-length')
  await box.json(
    'plan',
    'add',
    'Home',
    '--kind',
    'pppoe',
    '--down-kbps',
    '10000',
    '--up-kbps',
    '2000',
    '--valid',
    '30d',
  )
  await box.json(
    'subscriber',
    'add',
    'amina',
    '--password',
    'pw-of-amina',
    '--plan',
    'Home',
    '--phone',
    '+254 712 345 678',
  )
})
afterAll(() => box.remove())

describe('a call that does not exist', () => {
  test.each([
    { argv: ['frobnicate'], says: /no command `lango frobnicate`/ },
    { argv: ['ruoter', 'list'], says: /Did you mean `lango router`\?/ },
    { argv: ['router', 'paint'], says: /no command `lango router paint`/ },
    { argv: ['router', 'lst'], says: /Did you mean `lango router list`\?/ },
    {
      argv: ['plan', 'add', 'X', '--kind', 'pigeon', '--down-kbps', '1', '--up-kbps', '1'],
      says: /--kind is one of pppoe/,
    },
    { argv: ['constructor'], says: /no command/ },
    { argv: ['subscriber', 'import', 'x.csv'], says: /--dry-run .* --yes/ },
  ])('$argv', async ({ argv, says }) => {
    const { code, out, err } = await box.lango(...argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(says)
  })
})

describe('a refusal', () => {
  test.each([
    { argv: ['subscriber', 'add', 'amina', '--password', 'x', '--plan', 'Home'], type: 'LoginTaken', says: 'amina' },
    { argv: ['subscriber', 'add', 'b', '--password', 'x', '--plan', 'Gone'], type: 'PlanUnknown', says: 'Gone' },
    {
      argv: ['subscriber', 'add', 'b', '--password', 'x', '--plan', 'Home', '--ip', '10.0'],
      type: 'InputInvalid',
      says: '--ip:',
    },
    { argv: ['subscriber', 'show', 'nobody'], type: 'SubscriberUnknown', says: 'nobody' },
    {
      argv: ['router', 'add', 'x', '--address', '300.1.1.1', '--secret', 'x'],
      type: 'AddressInvalid',
      says: '300.1.1.1',
    },
    { argv: ['router', 'remove', 'nowhere'], type: 'RouterUnknown', says: 'nowhere' },
    {
      argv: ['plan', 'add', 'X', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1', '--price', 'x'],
      type: 'MoneyUnreadable',
      says: "'x'",
    },
    {
      argv: ['plan', 'add', 'X', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1', '--valid', '30'],
      type: 'QuantityUnreadable',
      says: '30d',
    },
    { argv: ['session', 'disconnect', 'x'], type: 'BoxDown', says: 'lango start' },
  ])('$type is told in words and, for scripts, as JSON', async ({ argv, type, says }) => {
    const plain = await box.lango(...argv)
    expect(plain).toMatchObject({ code: 1, out: '' })
    expect(plain.err).toContain(says)
    const scripted = await box.lango(...argv, '--json')
    const { error } = JSON.parse(scripted.out) as { error: { type: string; sentence: string } }
    expect(error.type).toBe(type)
    expect(scripted.err).toBe(`lango: ${error.sentence}\n`)
  })

  test('a folder that holds no box is named, and not made into one', async () => {
    const empty = testBox()
    rmSync(empty.folder.siteFile)
    const { code, err } = await empty.lango('plan', 'list')
    expect(code).toBe(1)
    expect(err).toContain(`${empty.dir} holds no box`)
    expect(existsSync(empty.folder.siteFile)).toBe(false)
    empty.remove()
  })

  test('a folder that a box is just starting on is in use', async () => {
    const lock = orThrow(lockFolder(box.folder))
    const { code, err } = await box.lango('plan', 'list')
    lock.release()
    expect(code).toBe(1)
    expect(err).toMatch(/in use/)
  })
})

test('what is written is what is listed, and no secret with it', async () => {
  const [router] = await box.json<Record<string, unknown>[]>('router', 'list')
  expect(router).toMatchObject({ name: 'tower', address: '10.9.0.0/24', vendor: 'mikrotik', lastPacketAt: null })
  const shown = await box.json<Record<string, unknown>>('subscriber', 'show', 'amina')
  expect(shown).toMatchObject({ login: 'amina', customer: { phone: '+254 712 345 678' }, plan: { name: 'Home' } })
  for (const argv of [
    ['router', 'list'],
    ['subscriber', 'show', 'amina'],
    ['subscriber', 'list'],
    ['plan', 'list'],
  ]) {
    for (const more of [[], ['--json']]) {
      const { code, out, err } = await box.lango(...argv, ...more)
      expect(code).toBe(0)
      expect(out + err).not.toMatch(/a-secret-of-length|pw-of-amina/)
    }
  }
})

test('every option of a plan reaches its policy', async () => {
  const given = {
    kind: 'hotspot',
    'down-kbps': '10000',
    'up-kbps': '2000',
    devices: '2',
    'session-sec': '3600',
    'idle-sec': '600',
    'interim-sec': '120',
    'burst-down-kbps': '20000',
    'burst-up-kbps': '4000',
    'burst-sec': '8',
    priority: '3',
    pool: 'guests',
    vlan: '42',
    group: 'gold',
    expired: 'redirect:https://pay.isp.example',
    'data-mb': '500',
    price: '1,500.50',
  }
  await box.json(
    'plan',
    'add',
    'Full',
    ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]),
    '--bind-devices',
  )
  const plans = await box.json<Record<string, unknown>[]>('plan', 'list')
  expect(plans.find(({ name }) => name === 'Full')).toMatchObject({
    kind: 'hotspot',
    validFrom: 'first-use',
    quotaOctets: 500_000_000,
    priceMinor: 150_050,
    currency: 'KES',
    policy: {
      downKbps: 10_000,
      upKbps: 2000,
      deviceLimit: 2,
      sessionTimeoutSec: 3600,
      idleTimeoutSec: 600,
      interimSec: 120,
      burst: { downKbps: 20_000, upKbps: 4000, thresholdDownKbps: 10_000, thresholdUpKbps: 2000, timeSec: 8 },
      priority: 3,
      pool: 'guests',
      vlan: 42,
      group: 'gold',
      bindDevices: 'first',
      onExpiry: { kind: 'redirect', url: 'https://pay.isp.example', kbps: 256 },
    },
  })
})

test('a router is changed where something is given, and left where nothing is', async () => {
  await box.json(
    'router',
    'add',
    'r2',
    '--address',
    '10.8.0.1',
    '--secret',
    'x',
    '--vendor',
    'cisco',
    '--coa-port',
    '1700',
  )
  await box.json(
    'router',
    'set',
    'r2',
    '--message-authenticator',
    'yes',
    '--limit-proxy-state',
    'no',
    '--realm',
    'isp.example',
  )
  const of = async () => (await box.json<Record<string, unknown>[]>('router', 'list')).find(({ name }) => name === 'r2')
  expect(await of()).toMatchObject({
    vendor: 'cisco',
    coaPort: 1700,
    requireMessageAuthenticator: 'yes',
    limitProxyState: 'no',
    realm: 'isp.example',
  })
  await box.json('router', 'set', 'r2', '--realm', 'none')
  expect(await of()).toMatchObject({ vendor: 'cisco', requireMessageAuthenticator: 'yes', realm: null })
  await box.json('router', 'remove', 'r2')
  expect(await of()).toBeUndefined()
})

test('usage is what the hours and the sessions say, for one and for all', async () => {
  const other = testBox()
  await other.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1')
  for (const login of ['amina', 'baraka'])
    await other.json('subscriber', 'add', login, '--password', 'p', '--plan', 'Home')
  const sessions = orThrow(openDatabase({ file: other.folder.sessionsFile }))
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const insert = sessions.raw.prepare(
    'INSERT INTO usage_hours (grant_no, hour_at, input_octets, output_octets, session_time_sec) VALUES (?, ?, ?, ?, ?)',
  )
  insert.run(1, hour - 7_200_000, 100, 1000, 60)
  insert.run(1, hour - 3_600_000, 10, 500, 30)
  insert.run(2, hour - 3_600_000, 1, 9000, 30)
  sessions.close()
  const used = await other.json<{ total: unknown; rows: { at: number }[] }>(
    'usage',
    'amina',
    '--from',
    '6h',
    '--by',
    'hour',
  )
  expect(used.total).toEqual({ inputOctets: 110, outputOctets: 1500, sessionTimeSec: 90 })
  expect(used.rows.map(({ at }) => at)).toEqual([hour - 7_200_000, hour - 3_600_000])
  expect(await other.json('usage', '--from', '6h')).toEqual([
    { login: 'baraka', inputOctets: 1, outputOctets: 9000, sessionTimeSec: 30 },
    { login: 'amina', inputOctets: 110, outputOctets: 1500, sessionTimeSec: 90 },
  ])
  expect((await other.lango('usage', 'amina')).out).toMatch(/total +110 B +1\.5 kB +1 min/)
  other.remove()
})

describe('an import', () => {
  const write = (name: string, ...lines: string[]) => {
    const file = join(box.dir, name)
    writeFileSync(file, `${lines.join('\r\n')}\r\n`)
    return file
  }
  const logins = async () => (await box.json<{ login: string }[]>('subscriber', 'list')).map(({ login }) => login)

  test('is dry until it is meant', async () => {
    const lines = Array.from({ length: 1200 }, (_, n) => `Home,"pw,${n}",load${n}`)
    const file = write('load.csv', 'plan,password,login', ...lines)
    const before = await logins()
    expect(await box.json('subscriber', 'import', file, '--dry-run')).toMatchObject({
      rows: 1200,
      added: 0,
      new: 1200,
      dryRun: true,
    })
    expect(await logins()).toEqual(before)
    expect(await box.json('subscriber', 'import', file, '--yes')).toMatchObject({
      rows: 1200,
      added: 1200,
      dryRun: false,
    })
    expect(await logins()).toHaveLength(before.length + 1200)
    const again = await box.lango('subscriber', 'import', file, '--yes')
    expect(again.code).toBe(1)
    expect(again.err).toMatch(/1200 of 1200 lines cannot be added[\s\S]*and 1150 more/)
  })

  test('tells every faulty line, with the file and the database, and loads none', async () => {
    const file = write(
      'faulty.csv',
      'login,password,plan,phone,ip,mac',
      'good,p,Home,,,',
      'amina,p,Home,,,',
      'good,p,Home,,,',
      'c,p,Nowhere,,,',
      'd,,Home,,,',
      'e,p,Home,12,,',
      `f,${'x'.repeat(129)},Home,,,`,
      'g\u0007,p,Home,,,',
    )
    const { code, err } = await box.lango('subscriber', 'import', file, '--yes')
    expect(code).toBe(1)
    expect(err).toMatch(/7 of 8 lines/)
    for (const says of [
      /line 3: The login amina is taken/,
      /line 4: .*stands in line 2/,
      /line 5: .*Nowhere/,
      /line 6: .*password/i,
      /line 7: --phone/,
      /line 8: .*128/,
      /line 9: .*control/,
    ])
      expect(err).toMatch(says)
    expect(await logins()).not.toContain('good')
  })

  test.each([
    ['an unknown column', ['login,plan,colour', 'x,Home,red'], /no column 'colour'/],
    ['a missing column', ['login,password', 'x,p'], /column 'plan' is missing/],
    ['a column named twice', ['login,plan,login', 'x,Home,y'], /'login' is named twice/],
    ['too many fields', ['login,plan', 'x,Home,red'], /Line 2: it has 3 fields/],
    ['an open quote', ['login,plan', '"x,Home'], /quote/],
  ])('%s ends it', async (_name, lines, says) => {
    const { code, err } = await box.lango('subscriber', 'import', write('odd.csv', ...lines), '--yes')
    expect(code).toBe(1)
    expect(err).toMatch(says)
  })

  test('a file that is not there is named', async () => {
    expect((await box.lango('subscriber', 'import', '/absent.csv', '--yes')).err).toMatch(
      /\/absent\.csv cannot be read \(ENOENT\)/,
    )
  })
})

test('with a running box the same commands go through its socket', async () => {
  const other = testBox()
  const lock = orThrow(lockFolder(other.folder))
  const site = orThrow(openSite(other.folder, collectingLog()))
  const queries = orThrow(createQueryRunner(other.folder))
  const asked: string[] = []
  const rpc = await serveRpc({
    socketFile: other.folder.socketFile,
    log: collectingLog(),
    handle: {
      command: (name, input) => {
        asked.push(name)
        return runWhole(site, name, input, { actor: { kind: 'console', id: 'socket' } })
      },
      query: (name, input) => Promise.resolve(queries.run(name, input)),
      action: (name) => Promise.resolve({ ok: true, value: { address: `http://127.0.0.1/?${name}` } }),
    },
  })
  await other.langoWith('from-stdin\n', 'router', 'add', 'tower', '--address', '10.0.0.1', '--secret-file', '-')
  expect((await other.json<unknown[]>('router', 'list')).length).toBe(1)
  expect((await other.lango('web-token')).out).toBe('http://127.0.0.1/?web.token\n')
  expect(asked).toEqual(['routers.add'])
  await rpc.close()
  queries.close()
  site.close()
  lock.release()
  expect((await other.json<unknown[]>('router', 'list')).length).toBe(1)
  other.remove()
})

test('every command has help with a usage line and examples, and every group is in the overview', async () => {
  const overview = (await box.lango('help')).out
  for (const [name, group] of groups) {
    expect(overview).toContain(`lango ${name} `)
    for (const spec of await group.load()) {
      const { code, out } = await box.lango('help', ...spec.path)
      expect(code).toBe(0)
      expect(out).toContain(`usage: lango ${spec.path.join(' ')}`)
      expect(spec.examples.length).toBeGreaterThan(0)
      for (const example of spec.examples) expect(example).toMatch(new RegExp(`^lango ${spec.path.join(' ')}`))
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(200)
    }
  }
  expect((await box.lango('router')).out).toMatch(/lango router add NAME/)
  expect((await box.lango('subscriber', 'add', '--help')).out).toMatch(/--password-file FILE/)
})

test('the screen of a box that is down is drawn, and keeps nobody from starting it; the image’s files are on it', async () => {
  const lock = orThrow(lockFolder(box.folder))
  writeFileSync(join(box.dir, 'no-data'), 'No data disk.\n')
  writeFileSync(join(box.dir, 'update.json'), '{"phase":"writ')
  const { code, out } = await box.lango('console', '--os', box.dir)
  lock.release()
  expect(code).toBe(0)
  expect(out).toContain('THE DATA DISK CANNOT BE USED')
  expect(out).not.toContain('Update')
  expect((await box.lango('console', '--watch', '--json')).code).toBe(2)
  expect((await box.lango('setup', 'new-code')).err).toContain('box')
})
