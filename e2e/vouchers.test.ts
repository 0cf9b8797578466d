import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { radclient, suite, type Attributes } from './peer.ts'

const secret = 'a-secret-of-the-router'
const PHONE = { 'Calling-Station-Id': 'AA-BB-CC-00-00-01' }
const OTHER_PHONE = { 'Calling-Station-Id': 'AA-BB-CC-00-00-02' }

suite('vouchers over RADIUS', () => {
  const box = newBox()
  const auth = (attributes: Attributes) =>
    radclient(box.ports.auth, 'auth', secret, { ...attributes, 'Message-Authenticator': '0x00' })
  const acct = (attributes: Attributes) => radclient(box.ports.acct, 'acct', secret, attributes)
  const issue = (...more: string[]) => box.json<string[]>('voucher', 'issue', '--plan', 'Day', '--count', '3', ...more)

  /** The live page, as whoever has the printed address sees it. */
  const desk = async (): Promise<string> => {
    const opened = await fetch(box.web, { redirect: 'manual' })
    const cookie = opened.headers.getSetCookie()[0]!.split(';')[0]!
    return (await fetch(new URL('/', box.web), { headers: { cookie } })).text()
  }

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'hotspot', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'mikrotik')
    const speed = ['--down-kbps', '5000', '--up-kbps', '1000', '--devices', '1']
    await box.json('plan', 'add', 'Day', '--kind', 'hotspot', ...speed, '--valid', '1d')
  })
  afterAll(() => box.remove())

  test('a code is user name and password, or user name alone; in PAP, CHAP and MS-CHAP; as it is typed', async () => {
    const [one, two, three] = await issue()
    const typed = `${one!.slice(0, 4)}-${one!.slice(4)}`.toLowerCase()
    for (const login of [
      { 'User-Name': one!, 'User-Password': one! },
      { 'User-Name': one!, 'CHAP-Password': '' },
      { 'User-Name': typed, 'User-Password': typed },
      { 'User-Name': one!, 'CHAP-Password': one! },
      { 'User-Name': typed, 'CHAP-Password': typed },
      { 'User-Name': one!, 'MS-CHAP-Password': one! },
    ])
      expect((await auth({ ...login, ...PHONE })).code, JSON.stringify(login)).toBe('Access-Accept')
    expect((await auth({ 'User-Name': two!, 'User-Password': 'other', ...PHONE })).code).toBe('Access-Reject')
    expect((await auth({ 'User-Name': three!, 'CHAP-Password': two!, ...PHONE })).code).toBe('Access-Reject')
  })

  test('the first login starts the clock, one device holds the slot, and the desk sees it used', async () => {
    const [code] = await issue('--numeric', '--prefix', 'NBI')
    expect(code).toMatch(/^NBI\d{10}$/)
    const login = { 'User-Name': code!, 'User-Password': code! }
    expect(await box.json('voucher', 'show', code!)).toMatchObject({ state: 'made', firstUsedAt: null })
    expect((await auth({ ...login, ...PHONE })).code).toBe('Access-Accept')
    const session = { 'User-Name': code!, 'Acct-Session-Id': 'voucher-1', 'NAS-IP-Address': '127.0.0.1' }
    expect((await acct({ ...session, ...PHONE, 'Acct-Status-Type': 'Start' })).code).toBe('Accounting-Response')
    expect((await auth({ ...login, ...OTHER_PHONE })).code).toBe('Access-Reject')
    const shown = await box.json<{ state: string; firstUsedAt: number; expiresAt: number }>('voucher', 'show', code!)
    expect(shown.state).toBe('used')
    expect(shown.expiresAt - shown.firstUsedAt).toBe(86_400_000)
    const listed = await box.json<{ state: string; tail: string }[]>('voucher', 'list', '--state', 'used')
    expect(listed.map(({ tail }) => tail)).toContain(code!.slice(-4))
    expect(JSON.stringify(listed)).not.toContain(code)
    const page = await desk()
    expect(page).toContain(`voucher …${code!.slice(-4)}`)
    expect(page).not.toContain(code)
  })

  test('a revoked voucher is refused, and why can be asked by its code', async () => {
    const [code] = await issue()
    expect(await box.json('voucher', 'revoke', code!)).toEqual({ revoked: 1 })
    expect((await auth({ 'User-Name': code!, 'User-Password': code!, ...PHONE })).code).toBe('Access-Reject')
    const decisions = await box.json<{ reason: string }[]>('decisions', code!)
    expect(decisions[0]).toMatchObject({ reason: 'ended' })
    expect(JSON.stringify(decisions)).not.toContain(code)
  })

  test('a batch is printed from codes that are not used, into files that nobody else can read', async () => {
    const codes = await issue()
    const batches = await box.json<{ number: number }[]>('voucher', 'batches')
    const batch = String(batches.at(-1)!.number)
    await auth({ 'User-Name': codes[0]!, 'User-Password': codes[0]!, ...PHONE })
    const csv = join(box.data, 'codes.csv')
    await box.json('voucher', 'print', '--batch', batch, '--layout', 'csv', '--out', csv)
    const lines = readFileSync(csv, 'utf8').trim().split('\r\n')
    expect(lines).toEqual(['batch,serial,code,plan', `${batch},2,${codes[1]},Day`, `${batch},3,${codes[2]},Day`])
    const pdf = join(box.data, 'sheet.pdf')
    expect(await box.json('voucher', 'print', '--batch', batch, '--out', pdf)).toEqual({ file: pdf, printed: 2 })
    expect(readFileSync(pdf, 'latin1')).toMatch(/^%PDF-/)
    for (const file of [csv, pdf]) expect(statSync(file).mode & 0o777).toBe(0o600)
    await expect(box.json('voucher', 'print', '--batch', batch, '--out', pdf)).rejects.toThrow(/a file is in its place/)
  })

  test('a device that tries codes which nobody has soon waits, even with a good one; others do not', async () => {
    const [code] = await issue()
    const login = { 'User-Name': code!, 'User-Password': code! }
    // Spelt right: the check letter of nothing but 2 is 2.
    const guess = { 'User-Name': '22222222', 'User-Password': '22222222', ...OTHER_PHONE }
    for (let guesses = 0; guesses < 60; guesses++) expect((await auth(guess)).code).toBe('Access-Reject')
    expect((await auth({ ...login, ...OTHER_PHONE })).code).toBe('Access-Reject')
    expect((await auth({ ...login, ...PHONE })).code).toBe('Access-Accept')
  })
})
