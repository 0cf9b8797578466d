import { statSync } from 'node:fs'
import { connect } from 'node:tls'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { photograph, sizes } from './looks.ts'
import { program, radclient, suite } from './peer.ts'

// From an empty folder to a voucher that logs in, as somebody does it who stands before the box with a phone: all that is
// read beside the browser is what the screen shows. The power goes between the steps.

const password = 'nyani haoni kundule'
const firstLoadBytesMax = 150_000
/** The box starts anew between the steps, on a machine that others use too. */
const patienceMs = 120_000

suite('first boot', () => {
  const box = newBox()
  let browser: Browser
  let page: Page
  let secret = ''

  const args = ['--web-listen', '0.0.0.0']
  const address = (path: string) => `https://127.0.0.1:${box.ports.web}${path}`
  const look = (what: string) => photograph(page, `setup-${what}`)
  const main = () => page.locator('main')
  const press = (name: string) => main().getByRole('button', { name, exact: true }).click()
  const follow = (name: string) => main().getByRole('link', { name, exact: true }).click()
  const screen = async () => (await box.cli('console')).stdout
  const codeOnScreen = async () => /^SETUP CODE +(\S+)$/m.exec(await screen())?.[1] ?? ''
  const powerCut = async () => {
    await box.kill()
    await box.start({ args })
  }

  beforeAll(async () => {
    await box.start({ args })
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    const context = await browser.newContext({ viewport: sizes[0], ignoreHTTPSErrors: true })
    page = await context.newPage()
    page.setDefaultTimeout(patienceMs)
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
  })

  test(
    'the screen tells the address, the certificate that browsers meet, and the code',
    { timeout: 2 * patienceMs },
    async () => {
      const shown = await screen()
      expect(shown).toMatch(new RegExp(`^Desk +https://.+:${box.ports.web}/`, 'm'))
      expect(await codeOnScreen()).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/)
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const socket = connect({ host: '127.0.0.1', port: box.ports.web, rejectUnauthorized: false })
      socket.once('secureConnect', () => resolve(socket.getPeerCertificate().fingerprint256)).once('error', reject)
      const fingerprint = (await promise).replaceAll(':', '')
      socket.destroy()
      expect(shown.replaceAll(/[^0-9A-F]/g, '')).toContain(fingerprint)
      expect(box.output()).not.toContain(await codeOnScreen())
      expect(statSync(`${box.data}/setup-code`).mode & 0o777).toBe(0o600)
    },
  )

  test(
    'a stranger who guesses has to wait, the one who reads the screen comes in; a power cut leaves the code',
    { timeout: 2 * patienceMs },
    async () => {
      const code = await codeOnScreen()
      await page.goto(address('/'))
      expect(new URL(page.url()).pathname).toBe('/setup')
      await look('code')
      // On a slow machine the first wait may be over before the next try: it doubles.
      for (let tries = 0; (await main().getByText('Too many wrong codes').count()) === 0; tries++) {
        expect(tries).toBeLessThan(15)
        await page.getByLabel('Setup code').fill('AAAA-AAAA')
        await press('Continue')
        await main().getByRole('alert').waitFor()
      }
      await look('code-late')
      await powerCut()
      expect(await codeOnScreen()).toBe(code)
      await page.goto(address('/'))
      await page.getByLabel('Setup code').fill(code.toLowerCase())
      await press('Continue')
      await main().getByRole('heading', { name: 'Become the owner of this box' }).waitFor()
      await look('owner')
    },
  )

  test(
    'the owner is made; the code is on no screen and opens nothing any more',
    { timeout: 2 * patienceMs },
    async () => {
      const code = await codeOnScreen()
      await page.getByLabel('Your name').fill('Wanjiru Kariuki')
      await page.getByLabel('Login').fill('wanjiru')
      await page.getByLabel('Password', { exact: true }).fill(password)
      await page.getByLabel('Password once more').fill(password)
      await press('Create the owner')
      await main().getByText('Where does this box stand?').waitFor()
      expect(await codeOnScreen()).toBe('')
      expect(await screen()).toMatch(/^Online +0 sessions$/m)
      const stranger = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
      await stranger.goto(address('/setup'))
      expect(new URL(stranger.url()).pathname).toBe('/sign-in')
      expect((await box.cli('setup', 'new-code')).code).toBe(1)
      expect(code).not.toBe('')
      await stranger.close()
    },
  )

  test(
    'the place: what follows from the country is shown, saved, and outlives a power cut',
    { timeout: 2 * patienceMs },
    async () => {
      await look('place')
      await follow('Kenya')
      expect(await page.getByLabel('Currency').inputValue()).toBe('KES')
      await page.getByLabel('Name of the place').fill('Lakeview Kisumu')
      await look('place-kenya')
      await press('Save and go on')
      await main().getByText('Give it a name and say where it is').waitFor()
      await look('router')
      await powerCut()
      await page.goto(address('/'))
      await page.getByText('Set-up of this box: 2 of 6 done').waitFor()
      await look('home')
      await main().getByRole('link', { name: 'Go on', exact: true }).click()
      await look('overview')
      await follow('Go on')
    },
  )

  test(
    'the router: its script has the secret, and the page waits until it is heard',
    { timeout: 2 * patienceMs },
    async () => {
      await page.getByLabel('Name').fill('tower')
      await page.getByLabel('Address').fill('127.0.0.1')
      await press('Add it and show the script')
      await main().getByText('Go on with setting up the box').waitFor()
      await press('Show it with the secret')
      secret = /secret="([\w-]{20,})"/.exec(await main().innerText())?.[1] ?? ''
      expect(secret).not.toBe('')
      await follow('Go on with setting up the box')
      await main().getByText('This page looks again by itself').waitFor()
      await look('router-waits')
      await radclient(box.ports.auth, 'auth', secret, { 'User-Name': 'nobody', 'User-Password': 'x' })
      await expect
        .poll(() => main().getByText('This page looks again by itself').count(), { timeout: patienceMs })
        .toBe(0)
      await follow('Next step')
    },
  )

  test('bundles and ten vouchers, with the power gone between', { timeout: 2 * patienceMs }, async () => {
    await main().getByText('A start that is customary here').waitFor()
    await look('plan')
    await page.getByLabel('1 week', { exact: true }).uncheck()
    await press('Put them on sale')
    await powerCut()
    await page.goto(address('/setup'))
    await follow('Go on')
    await look('vouchers')
    await press('Make ten vouchers')
    await main().getByText('Vouchers 1: 10 of 1 hour').waitFor()
    await look('vouchers-made')
    await powerCut()
    await page.goto(address('/setup/vouchers'))
    const printed = page.waitForEvent('download')
    await press('Print them (PDF, A4)')
    expect((await printed).suggestedFilename()).toBe('vouchers-1-1-10.pdf')
  })

  test('a voucher logs in, the page says so, and set-up is over', { timeout: 2 * patienceMs }, async () => {
    await page.goto(address('/setup/done'))
    await main().getByText('Nobody has logged in yet').waitFor()
    await look('done')
    await page.goto(address('/vouchers/1?tab=print'))
    await page.getByLabel('As', { exact: true }).selectOption('screen')
    await press('Get the codes')
    const code = /\t(\S+)/.exec(await page.locator('#codes').innerText())![1]!
    const login = await radclient(box.ports.auth, 'auth', secret, { 'User-Name': code, 'User-Password': code })
    expect(login.code).toBe('Access-Accept')
    await page.goto(address('/setup/done'))
    await main().getByText('Somebody has logged in').waitFor()
    await look('done-online')
    await press('Finish')
    await page.waitForURL(address('/'))
    expect(await page.getByText('Set-up of this box').count()).toBe(0)
  })

  test('nothing was made twice', { timeout: 2 * patienceMs }, async () => {
    expect(await box.json<unknown[]>('router', 'list')).toHaveLength(1)
    expect(await box.json<unknown[]>('plan', 'list')).toHaveLength(2)
    expect(await box.json<unknown[]>('voucher', 'list', '--batch', '1')).toHaveLength(10)
  })

  test('the first page is light, and works without a script', { timeout: 2 * patienceMs }, async () => {
    const fresh = newBox()
    await fresh.start({ args })
    const context = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true, locale: 'sw-KE' })
    const plain = await context.newPage()
    let bytes = 0
    plain.on(
      'response',
      (answer) =>
        void answer.body().then(
          (body) => (bytes += body.length),
          () => undefined,
        ),
    )
    await plain.goto(`https://127.0.0.1:${fresh.ports.web}/`, { waitUntil: 'networkidle' })
    expect(bytes).toBeLessThan(firstLoadBytesMax)
    await plain.getByText('Andaa kisanduku hiki').waitFor()
    const code = /^SETUP CODE +(\S+)$/m.exec((await fresh.cli('console')).stdout)![1]!
    await plain.getByLabel('Msimbo wa kuandaa').fill(code)
    await plain.getByRole('button', { name: 'Endelea' }).click()
    await plain.getByText('Kuwa mmiliki wa kisanduku hiki').waitFor()
    await context.close()
    await fresh.remove()
  })
})
