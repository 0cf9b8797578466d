import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { prepareSecret } from '../drivers/radius/index.ts'
import type { DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { startHotspotSimulator, type HotspotSimulator, type LoginBy } from '../drivers/simulators/hotspot/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { collectingLog } from '../kernel/src/testing/index.ts'
import { routerosScript, scriptDefaults } from '../modules/desk/routeros-script.ts'
import { newBox } from './box.ts'
import { startDaraja, useDaraja } from './mpesa.ts'
import { program, suite } from './peer.ts'

const secret = 'a-secret-of-the-router'
const amina = '254708374149'
const soon = { timeout: 25_000, interval: 200 }
/** What a phone asks for: it is led to the portal, and gets it once it is online. */
const ELSEWHERE = 'http://example.test/news'
const logins = [['http-pap'], ['http-chap']] as const

suite('hotspot', () => {
  const box = newBox()
  const log = collectingLog()
  let daraja: DarajaSimulator
  let browser: Browser
  let hotspot: HotspotSimulator | undefined
  let port = 0
  const contexts: BrowserContext[] = []

  const addPlan = (name: string, ...more: string[]) =>
    box.json('plan', 'add', name, '--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '2000', ...more)
  const online = async () => (await box.json<{ login: string }[]>('session', 'list')).length

  /** What the script of the desk makes of a router: its pages, and what is reached before a login. */
  const configured = async () => {
    const { auth: authPort, acct: acctPort, radsec: radsecPort, portal: portalPort } = box.ports
    const where = { box: '127.0.0.1', routerAddress: '127.0.0.1', ...scriptDefaults.hotspot }
    const rest = {
      authPort,
      acctPort,
      radsecPort,
      portalPort,
      securePortal: undefined,
      coaPort: 3799,
      secret,
      radsecName: 'tower',
    }
    const script = routerosScript({ service: 'hotspot', ...where, ...rest })!
    const url = /url=\("([^"]+)" \. \$file\)/.exec(script)![1]!
    const html = new Map<string, string>()
    for (const file of JSON.parse(`[${/in=\{([^}]+)\}/.exec(script)![1]!.replaceAll(';', ',')}]`) as string[]) {
      const answer = await fetch(url + file)
      expect([file, answer.status]).toEqual([file, 200])
      html.set(file, await answer.text())
    }
    const garden = /walled-garden ip add .* dst-address=(\S+) dst-port=(\d+)/.exec(script)!
    return { html, walledGarden: [`${garden[1]}:${garden[2]}`] }
  }

  const open = async (loginBy: readonly LoginBy[]): Promise<HotspotSimulator> => {
    hotspot = await startHotspotSimulator({
      radius: {
        address: '127.0.0.1',
        authPort: box.ports.auth,
        acctPort: box.ports.acct,
        secret: prepareSecret(Buffer.from(secret)),
      },
      nasAddress: '127.0.0.1',
      identity: 'tower',
      serverName: 'hotspot1',
      interfaceName: 'bridge-hotspot',
      ...(await configured()),
      loginBy,
      internet: (_, response) => void response.end('<title>The internet</title>'),
      clock: { now: Date.now, monotonicMs: () => performance.now() },
      timers: systemTimers(),
      random: seededRandom(5),
      log,
      port,
    })
    port = hotspot.port
    await box.json('router', 'set', 'tower', '--coa-port', String(hotspot.coaPort))
    return hotspot
  }

  /** A phone that has joined: whatever it asks for arrives at the hotspot. */
  const phone = async (options: { javaScriptEnabled?: boolean; locale?: string } = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options })
    contexts.push(context)
    return context.newPage()
  }

  const buy = async (page: Page, plan: string): Promise<void> => {
    await page.goto(ELSEWHERE)
    await page.getByLabel('M-Pesa number').fill('0708 374 149')
    await page.getByRole('button', { name: plan }).click()
    await page.getByText('Check your phone').waitFor()
    await expect.poll(() => daraja.openPrompts(amina).length, soon).toBe(1)
    daraja.enterPin(amina)
    await page.getByText('You are online').waitFor({ timeout: soon.timeout })
  }

  const voucher = async (plan = 'Day'): Promise<string> => {
    const [code] = await box.json<string[]>('voucher', 'issue', '--plan', plan, '--count', '1')
    return code!.toLowerCase()
  }

  const goOnline = async (page: Page, plan?: string): Promise<void> => {
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'I have a voucher' }).click()
    await page.getByLabel('Code').fill(await voucher(plan))
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText('You are online').waitFor()
  }

  beforeAll(async () => {
    daraja = await startDaraja(amina)
    await box.start({ args: ['--portal-port', '0'] })
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'mikrotik')
    // M-Pesa takes no two payments of one amount from one customer within two minutes.
    for (const [name, price] of [
      ['Hour', '20'],
      ['Evening', '30'],
      ['Day', '40'],
    ] as const)
      await addPlan(name, '--price', price)
    await addPlan('Alone', '--devices', '1')
    await useDaraja(box, daraja)
    await (await open(['http-pap'])).close()
    browser = await chromium.launch({
      executablePath: program('chromium'),
      args: ['--no-sandbox', `--host-resolver-rules=MAP * 127.0.0.1:${port}`],
    })
  })
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    await hotspot?.close()
    hotspot = undefined
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
    await daraja.close()
  })

  test('a wallet is opened by its first money, and pays with one press while M-Pesa is away', async () => {
    const tower = await open(['http-chap'])
    const page = await phone({ javaScriptEnabled: false })
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'My wallet' }).click()
    await page.getByLabel('M-Pesa number').fill('0708 374 149')
    await page.getByRole('button', { name: 'KSh 100', exact: true }).click()
    await page.getByText('Check your phone').waitFor()
    await expect.poll(() => daraja.openPrompts(amina).length, soon).toBe(1)
    daraja.enterPin(amina)
    await page.getByText('The money is in your wallet').waitFor({ timeout: soon.timeout })
    expect(await page.locator('.told').innerText()).toMatch(/^W-[2-9A-Z]{4}-[2-9A-Z]{4}$/)
    await page.getByRole('button', { name: 'Open my wallet' }).click()
    await page.getByText('KSh 100').first().waitFor()
    await page.getByRole('link', { name: 'Choose a bundle' }).click()
    await box.json('setting', 'set', 'mpesa.baseUrl', 'http://127.0.0.1:9')
    await page.getByRole('button', { name: 'Day' }).click()
    await page.getByText('You are online').waitFor()
    await useDaraja(box, daraja)
    expect(tower.sessions).toHaveLength(1)
    const [wallet] = await box.json<{ balanceMinor: number }[]>('wallet', 'list')
    expect(wallet!.balanceMinor).toBe(6000)
  })

  test('a bundle that is renewed by itself lasts longer at the router too, in the same session', async () => {
    await addPlan('Moment', '--price', '10', '--valid', '70s')
    const tower = await open(['http-chap'])
    const page = await phone({ javaScriptEnabled: false })
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'My wallet' }).click()
    await page.getByLabel('Phone number of the wallet').fill('0708 374 149')
    await page.getByLabel('Wallet code').fill((await box.json<{ code: string }>('wallet', 'reveal', '1')).code)
    await page.getByRole('button', { name: 'Open my wallet' }).click()
    await page.getByRole('link', { name: 'Choose a bundle' }).click()
    await page.getByRole('button', { name: 'Moment' }).click()
    await page.getByText('You are online').waitFor()
    const timeouts = () => tower.sessions.map(({ id, grant }) => [id, grant.sessionTimeoutSec ?? 0] as const)
    const [[id, sec] = ['', 0]] = timeouts()
    expect(sec).toBe(70)
    await page.goto(`http://127.0.0.1:${box.ports.portal}/wallet`)
    await page.getByRole('button', { name: 'Renew it' }).click()
    await page.getByText('is paid for anew when it ends').waitFor()
    // A minute before its end: the session is told, and goes on.
    await expect.poll(() => timeouts()[0]?.[1] ?? 0, { timeout: 60_000, interval: 500 }).toBeGreaterThan(100)
    expect(timeouts().map(([session]) => session)).toEqual([id])
    const [wallet] = await box.json<{ balanceMinor: number }[]>('wallet', 'list')
    expect(wallet!.balanceMinor).toBe(4000)
  })

  test('a code takes something off what the phone is asked for', async () => {
    const tower = await open(['http-chap'])
    await addPlan('Weekend', '--price', '120')
    await box.json('offer', 'add', 'Flyer', '--code', 'KARIBU', '--percent', '50')
    const page = await phone()
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'I have a discount code' }).click()
    await page.getByLabel('Discount code').fill('karibu')
    await page.getByRole('button', { name: 'Show my prices' }).click()
    await page.getByLabel('M-Pesa number').fill('0708 374 149')
    const before = daraja.balanceOf(amina)!
    await page.getByRole('button', { name: /Weekend.*KSh 60/ }).click()
    await page.getByText('Check your phone').waitFor()
    await expect.poll(() => daraja.openPrompts(amina).length, soon).toBe(1)
    daraja.enterPin(amina)
    await page.getByText('You are online').waitFor({ timeout: soon.timeout })
    expect(before - daraja.balanceOf(amina)!).toBe(60)
    expect(tower.sessions).toHaveLength(1)
  })

  test('what a phone looks for to see whether it is online leads to the portal', async () => {
    const tower = await open(['http-chap'])
    const page = await phone()
    for (const probe of [
      'http://captive.apple.com/hotspot-detect.html',
      'http://connectivitycheck.gstatic.com/generate_204',
    ])
      expect(new URL((await page.goto(probe))!.url()).port).toBe(String(box.ports.portal))
    expect(tower.sessions).toEqual([])
  })

  test.each([
    ['Hour', logins[0], true],
    ['Evening', logins[1], true],
    ['Day', logins[1], false],
  ] as const)('a phone buys %s by %s (scripts: %s) and is online without typing a code', async (plan, by, scripts) => {
    const tower = await open(by)
    const page = await phone({ javaScriptEnabled: scripts })
    await buy(page, plan)
    expect(tower.sessions.map(({ loginBy }) => loginBy)).toEqual(by)
    await expect.poll(online, soon).toBe(1)
    await page.goto(ELSEWHERE)
    expect(await page.title()).toBe('The internet')
  })

  test.each(logins)('a voucher is typed at the portal and lets in by %s', async (by) => {
    const tower = await open([by])
    const page = await phone()
    await goOnline(page)
    expect(tower.sessions).toHaveLength(1)
  })

  test('a phone whose system looks around meanwhile uses up the challenge, and is let in all the same', async () => {
    const tower = await open(['http-chap'])
    const page = await phone()
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'I have a voucher' }).click()
    await page.getByLabel('Code').fill(await voucher())
    await fetch(`http://127.0.0.1:${port}/login?dst=http%3A%2F%2Fcaptive.apple.com%2F`)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText('You are online').waitFor()
    expect(tower.sessions).toHaveLength(1)
  })

  test('who is refused is told why, in their language, and not what anybody wrote', async () => {
    const tower = await open(['http-pap'])
    for (const [locale, code, silent] of [
      ['en-KE', 'The code was not accepted.', 'The Wi-Fi does not reach the office'],
      ['sw-KE', 'Msimbo haukukubaliwa.', 'Wi-Fi haifiki ofisini'],
    ] as const) {
      const page = await phone({ locale })
      const typed = `http://127.0.0.1:${port}/login?username=nobody&password=nothing`
      await page.goto(typed)
      expect(await page.getByRole('alert').innerText()).toContain(code)
      tower.fail('radius-timeout')
      await page.goto(typed)
      expect(await page.getByRole('alert').innerText()).toContain(silent)
      await page.goto(`http://127.0.0.1:${box.ports.portal}/?mac=02:00:00:00:00:01&error=Send+money+to+us`)
      expect(await page.content()).not.toContain('Send money')
    }
  })

  test('a phone that DHCP has told of the portal’s API comes by the router’s own page', async () => {
    const tower = await open(['http-chap'])
    const login = new URLSearchParams({ login: `http://127.0.0.1:${port}/login` })
    const told = await fetch(`http://127.0.0.1:${box.ports.portal}/captive-portal/api?${login}`)
    const { captive, 'user-portal-url': url } = (await told.json()) as { captive: boolean; 'user-portal-url': string }
    expect(captive).toBe(true)
    const page = await phone()
    await page.goto(url)
    await page.getByRole('link', { name: 'I have a voucher' }).click()
    await page.getByLabel('Code').fill(await voucher())
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText('You are online').waitFor()
    expect(tower.sessions).toHaveLength(1)
  })

  test('a phone that comes back as another device is online with one tap', async () => {
    const tower = await open(['http-chap'])
    const page = await phone()
    await goOnline(page)
    tower.setMac('127.0.0.1', 'AE:00:00:00:00:99')
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'Connect again' }).click()
    await page.getByText('You are online').waitFor()
    expect(tower.sessions.map(({ host }) => host.mac)).toEqual(['02:4C:7F:00:00:01', 'AE:00:00:00:00:99'])
    await page.goto(ELSEWHERE)
    expect(await page.title()).toBe('The internet')
  })

  test('what is for one device goes over to another, once that is meant', async () => {
    const tower = await open(['http-chap'])
    const page = await phone()
    await goOnline(page, 'Alone')
    await tower.settled()
    tower.setMac('127.0.0.1', 'AE:00:00:00:00:98')
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'Connect again' }).click()
    await page.getByText('All places are taken').waitFor()
    await page.getByRole('button', { name: 'Disconnect it' }).click()
    // The box tells the router, which obeys.
    await expect.poll(() => tower.sessions, soon).toEqual([])
    await page.getByRole('link', { name: 'Connect' }).click()
    await page.getByText('You are online').waitFor()
    expect(tower.sessions.map(({ host }) => host.mac)).toEqual(['AE:00:00:00:00:98'])
  })

  test('who logs out is led back to the portal, and one tap is enough again', async () => {
    const tower = await open(['http-chap', 'mac-cookie'])
    const page = await phone()
    await goOnline(page)
    // The box has heard of it once the page can say which device it is.
    await page.getByText('this one').waitFor()
    await page.getByRole('link', { name: 'Log out' }).click()
    await page.getByRole('link', { name: 'Connect again' }).waitFor()
    expect(tower.sessions).toEqual([])
    await page.getByRole('link', { name: 'Connect again' }).click()
    await page.getByText('You are online').waitFor()
  })

  test('after a power cut the router lets whoever was there in by their cookie', async () => {
    const tower = await open(['http-chap', 'mac-cookie'])
    const page = await phone()
    await goOnline(page)
    await tower.settled()
    await tower.reboot()
    await page.goto(ELSEWHERE)
    expect(await page.title()).toBe('The internet')
    await expect.poll(online, soon).toBe(1)
  })
})
