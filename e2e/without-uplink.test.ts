import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDisconnectingNas, type DisconnectingNas } from '../bench/disconnecting-nas.ts'
import type { DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { newBox, temporaryFolder } from './box.ts'
import { startDaraja, useDaraja } from './mpesa.ts'
import { radclient, suite, type Attributes } from './peer.ts'
import { startUplink, type Uplink } from './uplink.ts'

// A box whose line to the outside is cut: no name is answered, and no connection. What does not need the line goes on.

const secret = 'a-secret-of-the-router'
const [amina, baraka] = ['254708374149', '254711222333']
const soon = { timeout: 40_000, interval: 200 }
const LOOKS = 100

suite('without uplink', () => {
  const folder = temporaryFolder('uplink')
  const [box, home] = [newBox(), newBox()]
  let daraja: DarajaSimulator
  let uplink: Uplink
  let nas: DisconnectingNas

  const portal = (path: string) => `http://127.0.0.1:${box.ports.portal}${path}`
  const page = async (path: string): Promise<string> => (await fetch(portal(path))).text()
  const post = (path: string, fields: Record<string, string>) =>
    fetch(portal(path), { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  const loginAt = (of: typeof box, code: string) =>
    radclient(of.ports.auth, 'auth', secret, {
      'User-Name': code,
      'User-Password': code,
      'Calling-Station-Id': '02-00-00-00-00-01',
      'Message-Authenticator': '0x00',
    })
  const acct = (attributes: Attributes) => radclient(box.ports.acct, 'acct', secret, attributes)
  /** Asks a phone to pay; the address of the page that waits. */
  const buy = async (phone: string, plan: string): Promise<string> => {
    const home = await page('/')
    const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(home)?.[1] ?? ''
    const id = new RegExp(`value="([^"]+)"><b>${plan}<`).exec(home)?.[1] ?? ''
    const sent = await post('/buy', { g: hidden('g'), once: hidden('once'), phone: `+${phone}`, plan: id })
    expect(sent.status, await sent.text()).toBe(303)
    return sent.headers.get('location')!
  }
  const codeFrom = async (waiting: string): Promise<string> => {
    const shown = await page(waiting.replace('/pay/', '/connect/'))
    return /class="told">([^<]+)</.exec(shown)?.[1] ?? ''
  }

  beforeAll(async () => {
    daraja = await startDaraja(amina, baraka)
    uplink = await startUplink(folder, daraja.server)
    const sold = ['--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '2000', '--devices', '1', '--valid', '1d']
    await home.start()
    await box.start({ under: uplink.under, args: ['--portal-port', '0'] })
    nas = await startDisconnectingNas({ address: '127.0.0.1', acctPort: box.ports.acct, secret })
    for (const of of [home, box]) {
      const reached = ['--address', '127.0.0.1', '--secret', secret, '--coa-port', `${nas.coaPort}`]
      await of.json('router', 'add', 'tower', ...reached)
      await of.json('plan', 'add', 'Day', ...sold, '--price', '50')
    }
    await box.json('plan', 'add', 'Ten megabytes', ...sold, '--quota', '10MB', '--price', '20')
    await useDaraja(box, uplink)
    // Somebody whose name has to be looked up, with each voucher that is sold or used.
    await box.json('webhook', 'add', 'https://crm.example/lango', '--events', 'voucher.sold,voucher.used,alarm.raised')
  })
  afterAll(async () => {
    await Promise.all([box.remove(), home.remove()])
    await nas?.[Symbol.asyncDispose]()
    await uplink?.close()
    await daraja?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('what was borrowed while there was a line logs in without one, and its home says where it is good', async () => {
    const file = (name: string) => join(folder, name)
    await home.json('voucher', 'key', '--out', file('home.key'))
    await box.json('voucher', 'key', '--out', file('box.key'))
    await home.json('voucher', 'trust', file('box.key'), '--name', 'Kisumu')
    await box.json('voucher', 'trust', file('home.key'), '--name', 'Nairobi')
    const codes = await home.json<string[]>('voucher', 'issue', '--plan', 'Day', '--count', '3')
    await home.json('voucher', 'lend', '1', '--serials', '1-2', '--to', file('box.key'), '--out', file('loan'))
    const { loan } = await box.json<{ loan: string }>('voucher', 'borrow', file('loan'))
    uplink.cut()
    expect((await loginAt(box, codes[0]!)).code).toBe('Access-Accept')
    expect((await loginAt(box, codes[2]!)).code).toBe('Access-Reject')
    const refused = await loginAt(home, codes[0]!)
    expect(refused).toMatchObject({ code: 'Access-Reject' })
    expect(JSON.stringify(refused)).toContain('good at another place')
    expect(await box.json('voucher', 'give-back', loan, '--out', file('back'))).toMatchObject({ returned: 1, kept: 1 })
    expect(await home.json('voucher', 'take-back', file('back'))).toMatchObject({ returned: 1, kept: 1, twice: 0 })
    expect((await loginAt(home, codes[0]!)).code).toBe('Access-Reject')
    expect((await loginAt(home, codes[1]!)).code).toBe('Access-Accept')
    expect((await loginAt(box, codes[1]!)).code).toBe('Access-Reject')
    uplink.mend()
  })

  test('vouchers are sold and let in; running sessions are counted on, and cut when what was sold is used up', async () => {
    const codes = await box.json<string[]>('voucher', 'issue', '--plan', 'Ten megabytes', '--count', '2')
    uplink.cut()
    const sold = ['--from', '1', '--to', '2', '--holder', 'Kiosk']
    expect(await box.json('voucher', 'sell', '--batch', '2', ...sold)).toMatchObject({ moved: 2 })
    expect((await loginAt(box, codes[0]!)).code).toBe('Access-Accept')
    await nas.open([{ login: codes[0]!, mac: '02:00:00:00:00:01' }])
    const session = {
      'User-Name': codes[0]!,
      'Acct-Session-Id': `127.0.0.1-${codes[0]!}`,
      'NAS-IP-Address': '127.0.0.1',
      'Calling-Station-Id': '02:00:00:00:00:01',
      'Acct-Status-Type': 'Interim-Update',
    }
    expect((await acct({ ...session, 'Acct-Input-Octets': '1000', 'Acct-Output-Octets': '4000000' })).code).toBe(
      'Accounting-Response',
    )
    expect(await box.json<object[]>('session', 'list')).toHaveLength(1)
    await acct({ ...session, 'Acct-Input-Octets': '1000', 'Acct-Output-Octets': '12000000' })
    await nas.offAre(1)
    expect((await loginAt(box, codes[0]!)).code).toBe('Access-Reject')
    expect((await loginAt(box, codes[1]!)).code).toBe('Access-Accept')
    expect(uplink.unanswered().names).toBeGreaterThan(0)
    uplink.mend()
  })

  test('the page says that M-Pesa must wait, and waits for it itself with nothing: not for a name, not for an answer', async () => {
    const before = await buy(baraka, 'Day')
    await expect.poll(() => daraja.openPrompts(baraka).length, soon).toBe(1)
    uplink.cut()
    // Paid while nobody here can hear of it, and one that is asked for while nobody can be asked.
    daraja.enterPin(baraka)
    const meanwhile = await buy(amina, 'Day')
    await expect.poll(() => uplink.unanswered().connections, soon).toBeGreaterThan(0)
    // As many looks as a full hotspot takes, all answered while the provider has answered none.
    const looks = await Promise.all(
      Array.from({ length: LOOKS }, (_, n) => fetch(portal(['/', '/voucher', before, meanwhile][n % 4]!))),
    )
    expect(looks.map(({ status }) => status)).toEqual(looks.map(() => 200))
    expect(daraja.openPrompts(amina)).toEqual([])
    await expect.poll(() => page('/'), soon).toContain('The line to M-Pesa is down, so paying must wait')
    expect(await page('/')).toContain('I have a voucher')
    expect((await box.cli('doctor')).stdout).toBeTruthy()
    uplink.mend()
    // What was paid is found, and given.
    await expect.poll(() => codeFrom(before), soon).not.toBe('')
    expect((await loginAt(box, await codeFrom(before))).code).toBe('Access-Accept')
    // What was asked for in vain is not asked again: nobody knows whether it was heard.
    expect(daraja.openPrompts(amina)).toEqual([])
    expect(daraja.balanceOf(baraka)).toBe(950)
    expect(daraja.balanceOf(amina)).toBe(1000)
  })
})
