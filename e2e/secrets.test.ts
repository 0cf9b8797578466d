import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { totpCode } from '../kernel/src/base/index.ts'
import { newBox, temporaryFolder } from './box.ts'
import { filesIn, leaks, partsOf, spellings, untold, type KnownSecret } from './secret-search.ts'
import { Nas } from './wire/nas.ts'
import { attr, types, type Part } from './wire/packet.ts'
import { chap, msChap1, pap } from './wire/proof.ts'
import { Witness } from './witness.ts'

/**
 * X27: a box's whole life with secrets that are known here, and then every octet that it wrote: its output, its files
 * while it runs and after kill -9, backups taken apart, exports, every page, header and answer. The characters of these
 * secrets are spelt differently in every encoding.
 */
const secret = (name: string): string => `${name}+Zk&7"q/é<8`
const typedWrong = ['pap', 'chap', 'mschap', 'mac', 'ssh', 'door', 'test-auth', 'me'].map((where) =>
  secret(`typo-${where}`),
)
const PHONE = '06-00-00-00-00-01'

describe('secrets', () => {
  const box = newBox()
  const folder = temporaryFolder('secrets')
  const witness = new Witness(box, folder)
  const { cookies, writings } = witness
  const secrets: KnownSecret[] = typedWrong.map((value) => ({ name: value, value }))
  let nas: Nas
  let hook: Server
  let hookUrl = ''
  const development = { under: ['env', 'LANGO_DEV=1'], args: ['--log-level', 'debug'] }

  const know = (name: string, value: string | Buffer, ...allowed: RegExp[]): string => {
    expect(value.length, name).toBeGreaterThan(7)
    secrets.push({ name, value, allowed })
    return String(value)
  }
  /** What a cookie holds that says who somebody is. */
  const knowCookies = (where: RegExp): void => {
    for (const [name, value] of cookies) if (value.length > 20) know(`the cookie ${name} after ${where}`, value, where)
  }
  const file = (name: string): string => join(folder, name)
  const login = (...parts: Part[]) => nas.access(...parts)

  beforeAll(async () => {
    hook = createServer((request, response) => {
      const pieces: Buffer[] = [Buffer.from(JSON.stringify(request.headers))]
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        witness.note('webhook', Buffer.concat(pieces))
        response.writeHead(500).end('an answer that is no good')
      })
    })
    await new Promise<void>((ready) => hook.listen(0, '127.0.0.1', ready))
    hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`
    await box.start(development)
  })
  afterAll(async () => {
    nas?.close()
    hook.close()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('an owner comes in, with an app on the telephone; wrong passwords and codes are typed', async () => {
    const password = know('the owner’s password', secret('owner-password'))
    const opened = await witness.browse(box.web)
    know('the printed address', /[\w-]{20,}/.exec(new URL(box.web).pathname + new URL(box.web).search)![0], /^output/)
    expect(opened.status).toBe(303)
    const owner = { name: 'Wanjiru', login: 'wanjiru', password, again: password }
    expect((await witness.browse('/first-run', { ...owner, again: typedWrong[5]! })).status).toBe(422)
    expect((await witness.browse('/first-run', owner)).status).toBe(303)
    knowCookies(/^answer POST \/first-run/)
    const begun = await witness.browse('/me', { do: 'beginApp', once: 'a'.repeat(22) })
    const totp = /<code>([A-Z2-7 ]{39})<\/code>/.exec(begun.text)![1]!
    const key = totp.replaceAll(' ', '')
    know('the app’s key', key)
    know('the app’s key in groups', totp, /^answer POST \/me beginApp/)
    know('the app’s key itself', base32(key))
    expect((await witness.browse('/me', { do: 'confirmApp', code: '000000' })).status).toBe(422)
    const confirmed = await witness.browse('/me', {
      do: 'confirmApp',
      code: totpCode(base32(key), Math.floor(Date.now() / 30_000)),
    })
    const recovery = [...new Set(confirmed.text.match(/[a-z2-7]{4}(?:-[a-z2-7]{4}){3}/g))]
    expect(recovery.length).toBeGreaterThan(4)
    for (const [no, code] of recovery.entries()) know(`recovery code ${no}`, code, /^answer POST \/me confirmApp/)
    expect((await witness.browse('/me/password', { present: typedWrong[7]!, password, again: password })).to).toContain(
      'wrong',
    )
    await witness.browse('/sign-out', {})
    expect((await witness.browse('/sign-in', { login: 'wanjiru', password: typedWrong[5]!, next: '/' })).status).toBe(
      401,
    )
    const asked = await witness.browse('/sign-in', { login: 'wanjiru', password, next: '/' })
    const step = /name="step" value="([\w-]+)"/.exec(asked.text)![1]!
    know('the step between password and code', step, /^answer POST \/sign-in/)
    expect((await witness.browse('/sign-in/code', { step, code: 'aaaa-bbbb-cccc-dddd', next: '/' })).status).toBe(401)
    expect((await witness.browse('/sign-in/code', { step, code: recovery[0]!, next: '/' })).status).toBe(303)
    knowCookies(/^answer POST \/sign-in\/code/)
  })

  test(
    'staff, programs, routers, subscribers, vouchers, a webhook and backups get their secrets',
    { timeout: 120_000 },
    async () => {
      const invited = await witness.json<{ code: string }>('staff add otieno --role technician')
      // The page that takes it shows it in its own field, to whoever has it in the address.
      know('an invitation', invited.code, /^cli staff add/, /^answer (GET|POST) \/welcome/)
      const chosen = know('a technician’s password', secret('technician-password'))
      expect(
        (await witness.browse('/welcome', { code: invited.code, password: chosen, again: typedWrong[5]! })).status,
      ).toBe(422)
      expect((await witness.browse('/welcome', { code: invited.code, password: chosen, again: chosen })).status).toBe(
        303,
      )
      const shared = know('a router’s secret', secret('router-secret'), /^answer POST \/routers\/tower\/script/)
      await witness.json(
        'router add tower --address 127.0.0.1 --vendor mikrotik --secret-file',
        witness.given('r', shared),
      )
      await witness.json('router set tower --admin-logins on')
      nas = await (await Nas.open(box, shared)).known()
      const between = know('a home server’s secret', secret('between-boxes'))
      const server = ['--role', 'proxy', '--realm', 'partner.example', '--host', '127.0.0.1', '--port', '9']
      await witness.json('server add partner', ...server, '--secret-file', witness.given('s', between))
      await witness.json('plan add Home --kind pppoe --down-kbps 5000 --up-kbps 1000')
      await witness.json('plan add Day --kind hotspot --down-kbps 5000 --up-kbps 1000 --valid 1d --devices 2')
      for (const name of ['amina', 'baraka']) {
        const password = know(`the password of ${name}`, secret(`pppoe-${name}`), /--with-secrets$/)
        await witness.json('subscriber add', name, '--plan', 'Home', '--password-file', witness.given(name, password))
      }
      const row = know('a password of an import', secret('import-password'), /--with-secrets$/)
      const refused = know('a password that was refused', secret('refused'))
      const cell = (value: string): string => `"${value.replaceAll('"', '""')}"`
      for (const [login, password, plan] of [
        ['chichi', row, 'Home'],
        ['daudi', refused, 'No such plan'],
      ] as const) {
        writeFileSync(file(`${login}.csv`), `login,password,plan\n${login},${cell(password)},${plan}\n`)
        await witness.tried('import', 'subscribers', file(`${login}.csv`))
      }
      const hooked = await witness.json<{ secret: string; number: number }>('webhook add', hookUrl)
      know('a webhook’s secret', hooked.secret, /^cli webhook add/)
      know('a webhook’s key', Buffer.from(hooked.secret.replace('whsec_', ''), 'base64'), /^cli webhook add/)
      await witness.json('webhook test', String(hooked.number))
      const key = know('the storage’s secret key', secret('s3-secret'))
      const phrase = know('the backups’ passphrase', secret('scheduled-phrase'))
      const to = '--every 1h --to s3://bucket/prefix --endpoint http://127.0.0.1:9 --access-key-id AKIAEXAMPLE'
      const given = ['--secret-key-file', witness.given('k', key), '--passphrase-file', witness.given('p', phrase)]
      await witness.json(`backup schedule ${to}`, ...given)
    },
  )

  test('logins that are right, and all that goes wrong', { timeout: 120_000 }, async () => {
    const [byPap = '', byChap = '', byMsChap = '', byMac = '', bySsh = '', , byTest = ''] = typedWrong
    const named = (name: string): Buffer => attr(types.userName, name)
    const from = attr(types.callingStationId, PHONE)
    await login(named('amina'), pap(secret('pppoe-amina')), from)
    await login(named('amina'), pap(byPap), from)
    await login(named('amina'), chap(byChap), from)
    await login(named('amina'), ...msChap1(byMsChap, Buffer.alloc(8, 7)))
    await login(named('nobody'), pap(byPap), from)
    await login(named(PHONE), pap(byMac), from)
    await login(named('wanjiru'), pap(bySsh), attr(types.serviceType, 1))
    await login(named('otieno'), pap(secret('technician-password')), attr(types.serviceType, 1))
    await witness.tried('test-auth', 'amina', '--password-file', witness.given('t', byTest))
    // A home server that does not answer.
    void login(named('zawadi@partner.example'), pap(byPap), from).catch(() => undefined)

    const codes = await witness.json<string[]>('voucher issue --plan Day --count 6 --prefix KSM')
    const told = [
      /^cli voucher (issue|reveal)/,
      /--with-secrets$/,
      /^answer POST \/vouchers\/\S+ (print|reveal)/,
      /^file codes/,
    ]
    for (const [no, code] of codes.entries()) {
      know(`voucher ${no}`, code, ...told)
      know(`voucher ${no} in groups`, `${code.slice(0, 3)}-${code.slice(3, 7)}-${code.slice(7)}`)
    }
    const [used = '', other = '', revoked = ''] = codes
    expect((await login(named(used), pap(used), from)).code).toBe(2)
    const session = [
      named(used),
      attr(types.acctSessionId, 'v1'),
      from,
      attr(types.nasIpAddress, Buffer.of(127, 0, 0, 1)),
    ]
    await nas.account(...session, attr(types.acctStatusType, 1))
    await login(named(used.toLowerCase()), pap(used.toLowerCase()), attr(types.callingStationId, '06-00-00-00-00-02'))
    await nas.account(...session, attr(types.acctStatusType, 3), attr(types.acctInputOctets, 1000))
    await nas.account(...session, attr(types.acctStatusType, 2), attr(types.acctInputOctets, 2000))
    await nas.account(named(used), attr(types.acctSessionId, 'v2'), from, attr(types.acctStatusType, 1))
    await login(named(other), pap('wrong password'), from)
    await witness.json('voucher revoke', revoked)
    await login(named(revoked), pap(revoked), from)
    for (let guesses = 0; guesses < 12; guesses++)
      await login(named('KSM22222222'), pap('x'), attr(types.callingStationId, '06-00-00-00-00-03'))
    await login(named(other), pap(other), attr(types.callingStationId, '06-00-00-00-00-03'))
    await witness.json('voucher show', used)
    await witness.json('decisions', used)
    await witness.json('voucher reveal --batch 1')
  })

  test('programs come with a token, and with what is not understood', async () => {
    const { token } = await witness.json<{ token: string }>('token create --role owner --name crm')
    know('a token', token, /^cli token create/)
    const viewer = await witness.json<{ token: string }>('token create --role viewer')
    know('a viewer’s token', viewer.token, /^cli token create/)
    const sent = know('a password in a broken request', secret('broken-request'))
    const bodies: [string, string][] = [
      ['commands/subscribers.add', JSON.stringify({ login: 'eve', password: sent, plan: 'No such plan' })],
      ['commands/subscribers.add', JSON.stringify({ login: 7, password: sent, plan: 'Home' })],
      ['commands/subscribers.add', JSON.stringify({ login: 'eve', password: { text: sent }, plan: 'Home' })],
      ['commands/subscribers.add', `{"login":"eve","password":${JSON.stringify(sent)}`],
      ['commands/routers.add', JSON.stringify({ name: 'x', address: 'nowhere', secret: sent })],
      ['commands/routers.add', JSON.stringify({ name: 'x', address: '10.0.0.1', secret: sent.repeat(20) })],
      ['commands/vouchers.show', JSON.stringify({ code: sent })],
      ['commands/webhooks.add', JSON.stringify({ url: hookUrl, secret: sent })],
      ['queries/subscribers.show', JSON.stringify({ login: sent.slice(0, 5), password: sent })],
    ]
    for (const [path, body] of bodies)
      for (const shown of [token, viewer.token]) await witness.ask(`/api/${path}`, shown, body)
    await witness.ask('/api/commands/plans.add', `${token}x`, '{}')
    for (const name of [
      'subscribers.list',
      'vouchers.batches',
      'routers.list',
      'servers.list',
      'webhooks.list',
      'sessions.list',
      'staff.list',
      'tokens.list',
      'backups.show',
      'backups.runs',
    ])
      await witness.ask(`/api/queries/${name}`, token, '{}')
    await witness.ask('/api/queries/sessions.show', viewer.token, JSON.stringify({ acctSessionId: 'v1' }))
    await witness.ask('/api/queries/vouchers.list', viewer.token, JSON.stringify({ batch: 1 }))
    expect((await witness.ask('/metrics', token)).status).toBe(200)
    expect((await witness.ask('/api/openapi.json', token)).status).toBe(200)
  })

  test('every page is read, and everything is exported', { timeout: 300_000 }, async () => {
    const pages = await witness.walk()
    expect(pages).toBeGreaterThan(40)
    await witness.browse('/routers/tower/script', { do: 'withSecret', once: 'b'.repeat(22) })
    await witness.browse('/search?q=amina')
    for (const list of ['subscribers', 'plans', 'vouchers']) {
      await witness.cli('export', list)
      await witness.cli('export', list, '--json')
    }
    for (const list of ['subscribers', 'vouchers']) await witness.cli('export', list, '--with-secrets')
    await witness.cli('audit', 'export')
    for (const words of [
      'session list',
      'doctor',
      'router list',
      'server list',
      'webhook list',
      'webhook deliveries',
      'backup runs',
      'backup schedule',
      'staff list',
      'token list',
      'voucher list',
      'subscriber show amina',
      'session show v1',
      'decisions amina',
      'usage',
      'audit verify',
    ])
      await witness.tried(...words.split(' '))
  })

  test('keys are made, turned and backed up, and the box is killed', { timeout: 300_000 }, async () => {
    await witness.cli('tls', 'issue', 'tower1', '--out', file('issued'))
    witness.files('while it runs')
    await witness.cli('keys', 'rotate')
    const phrase = know('a backup’s passphrase', secret('backup-phrase'))
    await witness.cli('backup', file('one.backup'), '--passphrase-file', witness.given('b', phrase))
    await witness.cli('backup', file('two.backup'))
    know(
      'a recovery key',
      readFileSync(file('two.backup.key'), 'utf8').trim().split(/\s+/).at(-1)!,
      /^cli backup/,
      /^file two.backup.key/,
    )
    for (const name of ['one', 'two'])
      writings.push(...partsOf(file(`${name}.backup`)), ...filesIn(folder).filter(({ where }) => where.includes(name)))
    await box.kill()
    witness.files('after kill -9')
    await box.start(development)
    await witness.browse('/sessions')
    expect(await box.stop()).toBe(0)
    witness.files('at rest')
    witness.note('output', box.output())
    // The keys themselves: of the vault and of TLS, in their own files and sealed in backups.
    const own = new Map(filesIn(box.data).map(({ where, octets }) => [where, octets.toString('latin1')]))
    const vault = own.get('file keys.json')!
    for (const value of vault.match(/[A-Za-z0-9+/=_-]{40,}/g)!) know('a key of the vault', value, /^file keys\.json/)
    for (const [where, pem] of own) {
      if (!pem.includes('PRIVATE KEY')) continue
      const body = /-----BEGIN [A-Z ]*PRIVATE KEY-----([^-]+)/.exec(pem)![1]!.replaceAll(/\s/g, '')
      // The second line of the text: the key's own octets begin after 36 that describe the curve.
      const own20 = Buffer.from(body, 'base64').subarray(48, 68)
      know(`the private key in ${where}`, own20, new RegExp(`^${where.replaceAll('.', '\\.')} `))
    }
  })

  test('a secret stands nowhere but where it is told once', { timeout: 120_000 }, () => {
    expect(writings.length).toBeGreaterThan(150)
    expect(secrets.length).toBeGreaterThan(50)
    expect(leaks(secrets, writings)).toEqual([])
    expect(untold(secrets, writings)).toEqual([])
  })

  test('the search finds what is hidden in any spelling', () => {
    const value = secret('hidden')
    for (const way of spellings(value))
      expect(
        leaks([{ name: 'it', value }], [{ where: 'here', octets: Buffer.concat([Buffer.from('x'), way]) }]),
      ).toHaveLength(1)
    const inside = Buffer.from(`{"password":${JSON.stringify(value)}}`).toString('base64')
    expect(
      leaks([{ name: 'it', value: 'hidden+Zk&7' }], [{ where: 'here', octets: Buffer.from(inside) }]),
    ).toHaveLength(1)
  })
})

function base32(text: string): Buffer {
  const bits = Array.from(text, (c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join(
    '',
  )
  return Buffer.from(bits.match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2)))
}
