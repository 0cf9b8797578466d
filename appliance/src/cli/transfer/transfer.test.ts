import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { openDatabase } from '@lango/kernel/db'
import { testBox, type TestBox } from '../testing/box.ts'

const boxes: TestBox[] = []
const newBox = (): TestBox => {
  const box = testBox()
  boxes.push(box)
  return box
}
afterAll(() => boxes.forEach((box) => box.remove()))

const exported = async (box: TestBox, noun: string, name: string, ...more: string[]): Promise<string> => {
  const file = join(box.dir, name)
  const { code, err } = await box.lango('export', noun, '--out', file, ...more)
  expect(err).toBe('')
  expect(code).toBe(0)
  return file
}
const imported = async (box: TestBox, noun: string, file: string, ...more: string[]) => {
  const { code, err } = await box.lango('import', noun, file, ...more)
  expect(err).toBe('')
  expect(code).toBe(0)
}
const text = (file: string): string => readFileSync(file, 'utf8')

/** What an export, an import elsewhere and a second export give. */
const carriedOver = async (from: TestBox, ...format: string[]) => {
  const to = newBox()
  const pairs: [string, string][] = []
  for (const [noun, ...secrets] of [['plans'], ['subscribers', '--with-secrets'], ['vouchers', '--with-secrets']]) {
    const first = await exported(
      from,
      noun!,
      `first-${format.length}-${to.dir.slice(-6)}-${noun}`,
      ...secrets,
      ...format,
    )
    await imported(to, noun!, first)
    pairs.push([text(first), text(await exported(to, noun!, `second-${noun}`, ...secrets, ...format))])
  }
  return pairs
}

const hostile = fc.string({
  unit: fc.constantFrom(
    'a',
    '"',
    "'",
    ',',
    '\n',
    '\r',
    '=',
    '+',
    '-',
    '@',
    '\t',
    ' ',
    'é',
    '\u202e',
    'ض',
    '😀',
    '＝',
    '{',
    ';',
  ),
  minLength: 1,
  maxLength: 12,
})
const login = fc.uniqueArray(
  hostile.map((name) => name.replaceAll(/\p{Cc}/gu, '') || 'x'),
  { minLength: 8, maxLength: 8 },
)
const mac = (n: number) => `AA:BB:CC:DD:EE:${n.toString(16).padStart(2, '0').toUpperCase()}`

test('what was exported imports on an empty box, and its export is the same octets, whatever people are called', async () => {
  await fc.assert(
    fc.asyncProperty(
      login,
      fc.array(hostile, { minLength: 40, maxLength: 40 }),
      fc.constantFrom([], ['--json']),
      async (logins, words, format) => {
        const box = newBox()
        const [daily, home] = [words[0]!.trim() || 'day', `${words[1]!}.`.trim()]
        const plans = [
          { name: daily, kind: 'hotspot', validitySec: '86400', group: words[2]!, pool: words[3]! },
          { name: `${home}2`, kind: 'pppoe', validitySec: '2592000', downKbps: '10000', addressList: words[4]! },
          { name: 'Static', kind: 'static', status: 'active', onExpiry: '{"kind":"pool","pool":"=p","kbps":64}' },
        ]
        const planFile = join(box.dir, 'plans.jsonl')
        writeFileSync(planFile, plans.map((row) => JSON.stringify(row)).join('\n'))
        await imported(box, 'plans', planFile)
        const rows = logins.map((one, n) => ({
          login: one,
          plan: plans[n % 3]!.name,
          password: words[5 + n]!,
          name: words[13 + n]!,
          phone: n % 2 ? '+254 712 345 678' : '',
          vlan: n === 3 ? '7' : '',
          mac: n % 3 === 2 ? mac(n) : '',
          devices: n % 3 === 1 ? `${mac(n + 100)} ${mac(n + 150)}` : '',
          status: n === 4 ? 'suspended' : '',
          // Three of them have one customer, who is told of in the first line.
          ...(n > 4 && { customer: 'cus_of-three', name: n === 5 ? words[18]! : '', phone: '' }),
        }))
        const file = join(box.dir, 'subscribers.jsonl')
        writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
        await imported(box, 'subscribers', file)
        await box.json('voucher', 'issue', '--plan', daily, '--count', '3', '--prefix', 'KSM')
        await box.json('voucher', 'give', '--batch', '1', '--from', '2', '--holder', `x${words[21]!}x`)
        for (const [first, second] of await carriedOver(box, ...format)) expect(second).toBe(first)
      },
    ),
    { numRuns: 3, endOnFailure: true },
  )
}, 90_000)

describe('a file', () => {
  let box: TestBox
  beforeAll(async () => {
    box = newBox()
    await box.json(
      'plan',
      'add',
      'Home',
      '--kind',
      'pppoe',
      '--down-kbps',
      '1000',
      '--up-kbps',
      '1000',
      '--valid',
      '30d',
    )
    await box.json('plan', 'add', 'Fast', '--kind', 'pppoe', '--down-kbps', '9000', '--up-kbps', '9000')
    for (const one of ['amina', 'baraka', 'chege'])
      await box.json('subscriber', 'add', one, '--password', `pw-of-${one}`, '--plan', 'Home', '--phone', '0712345678')
  })
  const write = (name: string, ...lines: string[]) => {
    const file = join(box.dir, name)
    writeFileSync(file, `${lines.join('\r\n')}\r\n`)
    return file
  }
  const all = async () => (await box.lango('export', 'subscribers', '--with-secrets')).out

  test('holds no password unless asked for, and is its owner’s alone', async () => {
    const open = await exported(box, 'subscribers', 'open.csv')
    expect(text(open)).not.toMatch(/pw-of|^login,password/)
    const secret = await exported(box, 'subscribers', 'secret.csv', '--with-secrets')
    expect(text(secret)).toContain('pw-of-amina')
    for (const file of [open, secret]) expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = await box.lango('export', 'subscribers', '--out', open)
    expect(again).toMatchObject({ code: 1 })
    expect(again.err).toMatch(/a file is in its place/)
    const elsewhere = newBox()
    await imported(elsewhere, 'plans', await exported(box, 'plans', 'plans.csv'))
    expect((await elsewhere.lango('import', 'subscribers', open)).err).toMatch(
      /3 of 3 lines[\s\S]*Its password is not in the file/,
    )
    await imported(elsewhere, 'subscribers', open, '--new-passwords')
    expect(text(await exported(elsewhere, 'subscribers', 'open2.csv'))).toBe(text(open))
  })

  test('is safe in a spreadsheet, and a hand-made apostrophe stays', async () => {
    const cells = text(await exported(box, 'subscribers', 'cells.csv'))
      .split('\r\n')
      .flatMap((line) => line.split(','))
    for (const cell of cells) expect(cell).not.toMatch(/^"?[=+\-@\t\r]/)
    const other = newBox()
    await imported(other, 'plans', await exported(box, 'plans', 'plans2.csv'))
    await imported(other, 'subscribers', write('quote.csv', 'login,plan,password,name', "x,Home,p,'Mama Njeri"))
    expect((await other.json<{ name: string }[]>('subscriber', 'list'))[0]!.name).toBe("'Mama Njeri")
  })

  test('a dry run tells what would be new, changed, from what to what, and writes nothing', async () => {
    const file = write(
      'mixed.csv',
      'login,plan,password,phone,name',
      'amina,Home,pw-of-amina,0712345678,amina',
      'baraka,Fast,other,,baraka',
      'new,Home,p,,New',
    )
    const before = await all()
    const acts = () => {
      const site = orThrow(openDatabase({ file: box.folder.siteFile, readonly: true }))
      const rows = site.raw.prepare('SELECT no, command FROM audit').all()
      site.close()
      return rows
    }
    const done = acts()
    const dry = await box.json<Record<string, unknown>>('import', 'subscribers', file, '--update', '--dry-run')
    expect(dry).toMatchObject({ rows: 3, new: 1, changed: 1, unchanged: 1, refused: 0, added: 0 })
    expect(dry['changes']).toEqual([
      {
        line: 3,
        name: 'baraka',
        cells: [
          { column: 'plan', from: 'Home', to: 'Fast' },
          { column: 'phone', from: '0712345678', to: '' },
          { column: 'password', from: '‹secret›', to: '‹secret›' },
        ],
      },
    ])
    const told = await box.lango('import', 'subscribers', file, '--update', '--dry-run')
    expect(told.out).toMatch(/1 subscribers would be added, 1 changed; 1 are as they are here/)
    expect(told.out).toMatch(
      /line 3: baraka: plan Home → Fast, phone 0712345678 → \(none\), password ‹secret› → ‹secret›/,
    )
    expect(acts()).toEqual(done)
    expect(await all()).toBe(before)
  })

  test('a row that is there is refused, and changed where it differs with --update', async () => {
    const file = write('change.csv', 'login,plan,phone', 'chege,Fast,0700000001')
    expect((await box.lango('import', 'subscribers', file)).err).toMatch(/line 2: The login chege is taken/)
    await imported(box, 'subscribers', file, '--update')
    expect(await box.json('subscriber', 'show', 'chege')).toMatchObject({
      plan: { name: 'Fast' },
      customer: { phone: '0700000001', name: 'chege' },
    })
    expect(await box.json('import', 'subscribers', file, '--update')).toMatchObject({ changed: 0, unchanged: 1 })
    const plan = write('plan.csv', 'name,kind,upKbps', 'Fast,pppoe,500')
    expect((await box.lango('import', 'plans', plan)).err).toMatch(/A plan is called Fast already/)
    await imported(box, 'plans', plan, '--update')
    expect((await box.json<{ name: string; policy: object }[]>('plan', 'list'))[0]).toMatchObject({
      name: 'Fast',
      policy: { upKbps: 500, downKbps: 9000 },
    })
  })

  test('lines of one customer become one, stay one elsewhere, and a line is moved to another with --update', async () => {
    const from = newBox()
    await imported(from, 'plans', await exported(box, 'plans', 'plans3.csv'))
    const own = write(
      'family.csv',
      'login,plan,password,name,phone,customer',
      'fatuma-home,Home,p,Fatuma,0711111111,cus_17',
      'fatuma-shop,Fast,p,,,cus_17',
      'gitau,Home,p,Gitau,0722222222,',
    )
    await imported(from, 'subscribers', own)
    type Shown = { customer: { id: string; name: string }; siblings: { login: string }[] }
    const shown = (login: string) => from.json<Shown>('subscriber', 'show', login)
    expect(await shown('fatuma-shop')).toMatchObject({
      customer: { id: 'cus_17', name: 'Fatuma', phone: '0711111111' },
      siblings: [{ login: 'fatuma-home' }],
    })
    const other = newBox()
    await imported(other, 'plans', await exported(box, 'plans', 'plans4.csv'))
    const first = await exported(from, 'subscribers', 'family-1.csv', '--with-secrets')
    await imported(other, 'subscribers', first)
    expect(text(await exported(other, 'subscribers', 'family-2.csv', '--with-secrets'))).toBe(text(first))
    expect(await other.json('import', 'subscribers', first, '--update')).toMatchObject({ changed: 0, unchanged: 3 })

    const { id } = (await shown('gitau')).customer
    const moved = write('moved.csv', 'login,plan,customer', `fatuma-shop,Fast,${id}`)
    const dry = await from.lango('import', 'subscribers', moved, '--update', '--dry-run')
    expect(dry.out).toContain(`line 2: fatuma-shop: customer cus_17 → ${id}`)
    expect((await shown('fatuma-shop')).customer.id).toBe('cus_17')
    await imported(from, 'subscribers', moved, '--update')
    expect(await shown('fatuma-shop')).toMatchObject({
      customer: { id, name: 'Gitau' },
      siblings: [{ login: 'gitau' }],
    })
  })

  test.each([
    ['x,Home,p,Another,,cus_17', /line 2: The customer’s name is another here/],
    ['x,Home,p,A,,cus_new\r\ny,Home,p,B,,cus_new', /line 3: The name of customer cus_new is another than in line 2/],
    ['x,Home,p,,,cus_new\r\ny,Home,p,B,,cus_new', /line 3: The name of customer cus_new is another/],
    ['x,Home,p,A,0711111111,cus_new\r\ny,Home,p,,0722222222,cus_new', /line 3: The phone of customer cus_new/],
    ['x,Home,p,A,,17', /A customer is cus_ and letters/],
    ['chege,Home,,,,cus_none', /line 2: No customer is cus_none/],
    ['amina-1,Home,p,Fatima,0733333333,cus_17\r\namina-2,Home,p,Fatima,0744444444,cus_17', /line 3/],
    [
      'amina-1,Home,p,Fatima,0733333333,cus_17\r\namina-2,Home,p,,,cus_gone',
      /line 3: The customer cus_gone was erased/,
    ],
  ])('a line that cannot be its customer’s is told of before anything is written: %s', async (lines, says) => {
    const own = newBox()
    await imported(own, 'plans', await exported(box, 'plans', `plans-${own.dir.slice(-6)}.csv`))
    const here = [
      'amina-1,Home,p,Amina,0733333333,cus_17',
      'amina-2,Home,p,Amina,,cus_17',
      'chege,Home,p,,,',
      'gone,Home,p,,,cus_gone',
    ]
    await imported(own, 'subscribers', write('here.csv', 'login,plan,password,name,phone,customer', ...here))
    await own.json('subscriber', 'erase', 'gone', '--yes')
    const before = (await own.lango('export', 'subscribers', '--with-secrets')).out
    const file = write('torn.csv', 'login,plan,password,name,phone,customer', lines)
    const { code, err } = await own.lango('import', 'subscribers', file, '--update')
    expect(err).toMatch(says)
    expect(code).toBe(1)
    expect((await own.lango('export', 'subscribers', '--with-secrets')).out).toBe(before)
  })

  test('every faulty line is counted, the first fifty are named, and the rest of it is previewed', async () => {
    const bad = Array.from({ length: 60 }, (_, n) => `bad${n},Nowhere,p`)
    const file = write('bad.csv', 'login,plan,password', 'good,Home,p', 'amina,Home,p', ...bad)
    const before = await all()
    const { code, out } = await box.lango('import', 'subscribers', file, '--json')
    expect(code).toBe(1)
    const { error } = JSON.parse(out) as { error: { lines: unknown[]; preview: object; faulty: number } }
    expect(error).toMatchObject({ type: 'ImportFaulty', rows: 62, faulty: 61, preview: { new: 1, refused: 61 } })
    expect(error.lines).toHaveLength(50)
    expect(await all()).toBe(before)
  })

  test.each([
    ['NUL', 'login,plan,password\r\na\0b,Home,p', /NUL character/],
    [
      'an odd column in JSON',
      '{"login":"a","__proto__":"b"}',
      /line 1: It cannot be read: there is no column '__proto__'/,
    ],
    ['JSON that is none', '{"login":', /it is no JSON/],
    ['a list', '{"login":"a"}\n[1]', /it is no JSON object/],
    ['NUL in JSON', '{"login":"a\\u0000","plan":"Home","password":"p"}', /control characters/],
    ['nothing', '', /empty/],
  ])('with %s is refused', async (_, content, says) => {
    const file = join(box.dir, 'odd')
    writeFileSync(file, content)
    const before = await all()
    const { code, err } = await box.lango('import', 'subscribers', file)
    expect(code).toBe(1)
    expect(err).toMatch(says)
    expect(await all()).toBe(before)
  })

  test('vouchers without their codes are no vouchers, and those that are here are told apart', async () => {
    await box.json('plan', 'add', 'Day', '--kind', 'hotspot', '--down-kbps', '1', '--up-kbps', '1', '--valid', '24h')
    await box.json('voucher', 'issue', '--plan', 'Day', '--count', '3')
    const open = await exported(box, 'vouchers', 'v.csv')
    const whole = await exported(box, 'vouchers', 'v-secret.csv', '--with-secrets')
    expect((await box.lango('import', 'vouchers', open)).err).toMatch(/the column 'code' is missing/)
    expect((await box.lango('import', 'vouchers', whole)).err).toMatch(/3 of 3 lines[\s\S]*is here already/)
    expect(await box.json('import', 'vouchers', whole, '--update')).toMatchObject({ unchanged: 3, changed: 0 })
  })
})
