import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'
import { radclient, suite } from './peer.ts'

// A login is asked as a router does it.
suite('radclient', () => {
  const box = newBox()
  const secret = 'a-secret-of-the-router'
  const soon = { timeout: 25_000, interval: 200 }
  const amina = { msisdn: '254708374149', name: 'Amina Otieno', balance: 1000, pin: '1234' }
  const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
  let daraja: DarajaSimulator
  let token: string

  type Purchase = { number: number; state: string; reference: string; failure: string | null }
  type Payment = { receipt: string; state: string; doubt: string | null }

  const ask = async <T>(path: string, input: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(input),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return ((await answer.json()) as { value: T }).value
  }
  const buy = (plan: string) =>
    ask<{ number: number; reference: string }>('commands/purchases.request', { plan, phone: '+254708374149' })
  const purchase = async (number: number) =>
    (await ask<Purchase[]>('queries/purchases.list', {})).find((one) => one.number === number)
  const stateOf = async (number: number) => (await purchase(number))?.state
  const payments = () => ask<{ payments: Payment[]; unmatched: number }>('queries/payments.list', {})
  const set = (name: string, value: string) => box.json('setting', 'set', `mpesa.${name}`, value)

  beforeAll(async () => {
    daraja = await startDarajaSimulator({
      apps: [
        {
          consumerKey: 'key-of-the-app',
          consumerSecret: 'secret-of-the-app',
          shortcodes: [{ shortcode: '174379', name: 'An estate', kind: 'paybill', passkey }],
        },
      ],
      customers: [amina],
      random: seededRandom(1),
      now: Date.now,
      timers: systemTimers(),
    })
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    // M-Pesa takes no two payments of one amount from one customer within two minutes.
    for (const [name, price] of [
      ['Hour', '20'],
      ['Evening', '30'],
      ['Day', '40'],
      ['Week', '50'],
    ] as const)
      await box.json(
        'plan',
        'add',
        name,
        '--kind',
        'hotspot',
        '--down-kbps',
        '5000',
        '--up-kbps',
        '2000',
        '--price',
        price,
      )
    ;({ token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner'))
    await set('baseUrl', daraja.server)
    for (const [name, value] of Object.entries({
      shortcode: '174379',
      consumerKey: 'key-of-the-app',
      consumerSecret: 'secret-of-the-app',
      passkey,
    }))
      await set(name, value)
    await set('phone', '+254700000001')
  })
  afterAll(async () => {
    await box.remove()
    await daraja.close()
  })

  test('somebody buys with their phone, and nobody has to reach the box', async () => {
    expect(await set('kind', 'paybill')).toEqual({ missing: [] })
    const { number, reference } = await buy('Hour')
    await expect.poll(() => daraja.openPrompts(amina.msisdn).length, soon).toBe(1)
    daraja.enterPin(amina.msisdn)
    await expect.poll(() => stateOf(number), soon).toBe('granted')
    expect(daraja.balanceOf(amina.msisdn)).toBe(980)
    const { code } = await ask<{ code: string }>('commands/purchases.reveal', { number })
    const typed = {
      'User-Name': code.toLowerCase(),
      'User-Password': code.toLowerCase(),
      'Message-Authenticator': '0x00',
    }
    expect((await radclient(box.ports.auth, 'auth', secret, typed)).code).toBe('Access-Accept')
    expect(reference).toMatch(/^L/)
    const { accounts } = await ask<{ accounts: { code: string; balanceMinor: number }[] }>(
      'queries/ledger.balances',
      {},
    )
    expect(Object.fromEntries(accounts.map(({ code, balanceMinor }) => [code, balanceMinor]))).toMatchObject({
      'mobile-money': 2000,
      plans: 2000,
      purchases: 0,
    })
  })

  test('who has not enough is told so, and who refuses is not asked for long', async () => {
    daraja.script({ code: '1' })
    const { number } = await buy('Evening')
    await expect.poll(() => stateOf(number), soon).toBe('failed')
    expect((await purchase(number))?.failure).toBe('balance')
  })

  test('a box that is killed between the prompt and its answer asks nobody twice, and gives what was paid for', async () => {
    const prompted = () => daraja.asked.filter((one) => one.includes('stkpush/v1/processrequest')).length
    const before = prompted()
    const { number } = await buy('Day')
    await expect.poll(() => daraja.openPrompts(amina.msisdn).length, soon).toBe(1)
    await box.kill()
    daraja.enterPin(amina.msisdn)
    await box.start()
    await expect.poll(() => stateOf(number), soon).toBe('granted')
    expect(prompted()).toBe(before + 1)
  })

  test('money that nobody asked for waits for somebody, and what it is worth is given for it', async () => {
    const paid = await daraja.pay({ msisdn: amina.msisdn, shortcode: '174379', amount: 50, account: 'HOUSE 7' })
    expect(paid).toMatchObject({ paid: true })
    // The list is read each minute; a start reads it at once.
    await box.kill()
    await box.start()
    await expect.poll(async () => (await payments()).unmatched, soon).toBe(1)
    const waiting = (await payments()).payments.find(({ state }) => state === 'unmatched')!
    expect(waiting.doubt).toBe('nothing-fits')
    const how = { as: 'plan', plan: 'Week', phone: '+254708374149' }
    await ask('commands/payments.resolve', { receipt: waiting.receipt, how })
    expect((await payments()).unmatched).toBe(0)
    // Those that prompts had told of have their receipts by now.
    const states = (await payments()).payments.map(({ state }) => state).toSorted()
    expect(states).toEqual(['matched', 'matched', 'resolved'])
  })

  test('no secret of the app is in what the box says or keeps in clear', async () => {
    const told = [box.output(), (await box.cli('setting', 'show', '--json')).stdout].join()
    for (const secret of ['secret-of-the-app', passkey]) expect(told).not.toContain(secret)
  })
})
