import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { newBox } from './box.ts'
import { initiator, shortcode, startDaraja, useDaraja } from './mpesa.ts'
import { program, radclient, suite } from './peer.ts'

// Strangers at the portal: a box, M-Pesa over HTTP, an old browser without JavaScript, and the login over RADIUS.

const secret = 'a-secret-of-the-router'
const pictures = '/tmp/lango-e2e-pictures'
const bytesMax = 50_000
const amina = '254708374149'
const [wanjiku, baraka, juma] = ['254708374150', '254708374151', '254708374152']
const patience = { timeout: 25_000 }

suite('portal', () => {
  const box = newBox()
  const start = { args: ['--portal-port', '0'] }
  let daraja: DarajaSimulator
  let browser: Browser
  let visitor: BrowserContext

  const at = (path: string) => `http://127.0.0.1:${box.ports.portal}${path}`
  let sessions = 0
  /** As a router does it: asked for, let in, and counted. */
  const login = async (code: string) => {
    const phone = { 'User-Name': code, 'Calling-Station-Id': '02-00-00-00-00-01' }
    const answer = await radclient(box.ports.auth, 'auth', secret, {
      ...phone,
      'User-Password': code,
      'Message-Authenticator': '0x00',
    })
    const session = { 'Acct-Session-Id': `portal-${++sessions}`, 'Acct-Status-Type': 'Start' }
    await radclient(box.ports.acct, 'acct', secret, { ...phone, ...session })
    return answer
  }
  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor(patience)
  const buy = async (page: Page, plan: string) => {
    await page.goto(at('/'))
    await page.locator('[name="phone"]').fill('0708 374 149')
    await page.getByRole('button', { name: plan }).click()
    await heading(page, 'Check your phone')
  }
  /** The address that a router leads a device of this number to. */
  const from = (device: number, path = '/') => {
    const place = new URLSearchParams({ mac: `02:00:00:00:00:0${device}` })
    const url = new URL(path, at('/'))
    url.searchParams.set('g', Buffer.from(place.toString()).toString('base64url'))
    return url.href
  }
  const codeOn = async (page: Page) => {
    await heading(page, 'Your code')
    return (await page.locator('.told').textContent())!
  }

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    daraja = await startDaraja(amina, wanjiku, baraka, juma)
    await box.start(start)
    await useDaraja(box, daraja)
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    for (const [name, price, valid] of [
      ['One hour', '20', '1h'],
      ['One night', '30', '12h'],
      ['One day', '50', '1d'],
      ['One week', '250', '7d'],
    ] as const) {
      const speed = ['--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '2000', '--devices', '1']
      await box.json('plan', 'add', name, ...speed, '--price', price, '--valid', valid)
    }
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    visitor = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
  })
  afterAll(async () => {
    await browser.close()
    await box.remove()
    await daraja.close()
  })

  test('somebody pays with their phone in a browser without script, and logs in with what they get', async () => {
    const page = await visitor.newPage()
    await buy(page, 'One hour')
    await expect.poll(() => daraja.openPrompts(amina).length, patience).toBe(1)
    daraja.enterPin(amina)
    // Nobody touches it: the page looks by itself.
    const code = await codeOn(page)
    expect((await login(code)).code).toBe('Access-Accept')
    await page.getByRole('link', { name: 'Time left' }).click()
    await page.getByText('Until ').waitFor(patience)
    expect(await page.getByText('5 / 2 Mbit/s').count()).toBe(1)
    expect(daraja.balanceOf(amina)).toBe(980)
  })

  test('with a script the page asks each second and is loaded anew only when it has something to say', async () => {
    const scripted = await browser.newContext({ viewport: { width: 320, height: 640 } })
    const page = await scripted.newPage()
    await buy(page, 'One night')
    await expect.poll(() => daraja.openPrompts(amina).length, patience).toBe(1)
    await page.getByText('Type your M-Pesa PIN').waitFor(patience)
    await page.evaluate('globalThis.isSame = true')
    const seconds = async () => Number(await page.locator('#left').textContent())
    const before = await seconds()
    await expect.poll(async () => before - (await seconds()), patience).toBeGreaterThan(3)
    expect(await page.evaluate('globalThis.isSame')).toBe(true)
    daraja.enterPin(amina)
    expect((await login(await codeOn(page))).code).toBe('Access-Accept')
    await scripted.close()
  })

  test('a box that is killed while the prompt is open goes on, and the page with it', async () => {
    const page = await visitor.newPage()
    await buy(page, 'One day')
    await expect.poll(() => daraja.openPrompts(amina).length, patience).toBe(1)
    const { pathname } = new URL(page.url())
    await box.kill()
    daraja.enterPin(amina)
    await box.start(start)
    // The browser has stopped at a page that could not be loaded: the person opens it anew.
    await page.close()
    const again = await visitor.newPage()
    await again.goto(at(pathname))
    const code = await codeOn(again)
    expect((await login(code)).code).toBe('Access-Accept')
    expect(daraja.balanceOf(amina)).toBe(900)
  })

  test('whoever closed the page finds what they paid for by their number', async () => {
    const page = await visitor.newPage()
    await buy(page, 'One week')
    await page.close()
    await expect.poll(() => daraja.openPrompts(amina).length, patience).toBe(1)
    daraja.enterPin(amina)
    const stranger = await browser.newContext({ javaScriptEnabled: false })
    const again = await stranger.newPage()
    await expect
      .poll(async () => {
        await again.goto(at('/paid'))
        await again.locator('[name="phone"]').fill('0708 374 149')
        await again.getByRole('button', { name: 'Find my payment' }).click()
        return again.getByRole('heading').first().textContent()
      }, patience)
      .toBe('Your code')
    expect((await login(await codeOn(again))).code).toBe('Access-Accept')
    await stranger.close()
  })

  test('every page is light, can be read by everybody, and fits a small phone', async () => {
    const page = await visitor.newPage()
    // axe is a script of ours; the pages bring none.
    const scripted = await browser.newContext({ bypassCSP: true })
    const reader = await scripted.newPage()
    for (const [name, path] of [
      ['home', '/'],
      ['home-sw', '/?g=bGFuZz1zdw'],
      ['voucher', '/voucher'],
      ['wallet', '/wallet'],
      ['code', '/?code='],
      ['paid', '/paid'],
      ['help', '/help'],
      ['terms', '/terms'],
    ] as const) {
      let bytes = 0
      const count = async (response: { body(): Promise<Buffer> }) => {
        bytes += (await response.body()).length
      }
      page.on('response', count)
      await page.goto(at(path), { waitUntil: 'load' })
      page.off('response', count)
      expect(bytes).toBeLessThan(bytesMax)
      for (const scheme of ['light', 'dark'] as const) {
        await reader.emulateMedia({ colorScheme: scheme })
        for (const width of [320, 1280]) {
          await reader.setViewportSize({ width, height: 740 })
          await reader.goto(at(path))
          await reader.screenshot({ path: join(pictures, `portal-${name}-${width}-${scheme}.png`), fullPage: true })
        }
        await reader.evaluate(axe.source)
        const { violations } = await reader.evaluate<axe.AxeResults>(`axe.run(document)`)
        expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])
      }
      expect(await reader.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    }
    await scripted.close()
  })

  test('the captive portal API answers, and what was meant for elsewhere is led here', async () => {
    const api = await fetch(at('/captive-portal/api'), { headers: { accept: 'application/captive+json' } })
    expect(api.headers.get('content-type')).toBe('application/captive+json')
    expect(await api.json()).toEqual({ captive: true, 'user-portal-url': at('/') })
  })

  test('what somebody bought stands on the desk, from paid to online', async () => {
    const { token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner')
    const pace = async () => {
      const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/queries/purchases.pace`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ fromAt: 0 }),
      })
      return ((await answer.json()) as { value: { asked: number; paid: number; online: number } }).value
    }
    await expect.poll(pace, patience).toMatchObject({ asked: 4, paid: 4, online: 4, failed: 0 })
  })

  describe('a friend', () => {
    let friends: BrowserContext
    /** Where Wanjiku sees what she has, and what her friends have brought. */
    let hers: Page
    let link: string
    /** A phone that has never been here. */
    const stranger = async () => {
      await friends?.close()
      friends = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
      return friends.newPage()
    }
    const ask = async (page: Page, phone: string, plan: string) => {
      await page.locator('[name="phone"]').fill(`+${phone}`)
      await page.getByRole('button', { name: plan }).click()
    }
    const pay = async (page: Page, phone: string) => {
      await expect.poll(() => daraja.openPrompts(phone).length, patience).toBe(1)
      daraja.enterPin(phone)
      return codeOn(page)
    }
    const rewards = async () => {
      await hers.reload()
      return hers.getByRole('link', { name: 'Use what a friend has brought me' }).count()
    }

    beforeAll(async () => {
      const { token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner')
      const callbackUrl = `http://127.0.0.1:${box.ports.web}`
      const tell = (command: string, input: object) =>
        fetch(`${callbackUrl}/api/commands/${command}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify(input),
        })
      await tell('settings.change', { referralPlan: 'One hour', referralFriendBp: 1000 })
      // Money can go back, and M-Pesa tells of that and of what comes in.
      const { name: initiatorName, password: initiatorPassword } = initiator
      const { certificate } = daraja
      await tell('payments.setMpesa', { callbackUrl, initiatorName, initiatorPassword, certificate })
      await tell('payments.registerCallbacks', {})
    })
    afterAll(() => friends?.close())

    test('whoever has paid finds a link for friends beside what they have; on their own phone or device it does nothing', async () => {
      const registration = async () => (await box.json<Record<string, string>>('setting', 'show'))['mpesa.registration']
      await expect.poll(registration, patience).toBe('registered')
      hers = await visitor.newPage()
      await hers.goto(from(1))
      await ask(hers, wanjiku, 'One hour')
      await pay(hers, wanjiku)
      await hers.getByRole('link', { name: 'Time left' }).click()
      await hers.getByRole('heading', { name: 'Bring a friend' }).waitFor(patience)
      link = (await hers.getByText(/\/\?code=/).textContent())!
      expect(await rewards()).toBe(0)
      for (const [device, phone] of [
        [7, wanjiku],
        [1, baraka],
      ] as const) {
        const page = await stranger()
        await page.goto(from(device, link))
        await ask(page, phone, 'One day')
        await page.getByText('This is your own code').first().waitFor(patience)
      }
      expect(daraja.openPrompts(baraka)).toEqual([])
    })

    test('a new phone opens it and pays less; whoever told them has the plan once, and loses it when that is paid back', async () => {
      const page = await stranger()
      await page.goto(from(2, link))
      await page.getByText('You come with the code').waitFor(patience)
      await ask(page, baraka, 'One day')
      expect((await login(await pay(page, baraka))).code).toBe('Access-Accept')
      expect([daraja.balanceOf(baraka), await rewards()]).toEqual([955, 1])
      const reward = (await hers.getByRole('link', { name: 'Use what a friend' }).getAttribute('href'))!
      // A second time they are no new friend.
      await page.goto(from(2, link))
      await ask(page, baraka, 'One day')
      await page.getByText('for whoever buys here for the first time').first().waitFor(patience)
      expect(await rewards()).toBe(1)
      type Paid = { receipt: string; amountMinor: number; phone: string | null; state: string }
      const receipt = async () =>
        (await box.json<{ payments: Paid[] }>('payment', 'list')).payments.find(
          ({ amountMinor, state }) => amountMinor === 4500 && state === 'matched',
        )?.receipt
      // M-Pesa tells of money that somebody sends by himself; the list that is read then has all receipts.
      await daraja.pay({ msisdn: juma, shortcode, amount: 1, account: 'HOUSE 7' })
      await expect.poll(receipt, patience).toBeDefined()
      await box.json('payment', 'refund', (await receipt())!)
      await expect.poll(() => daraja.balanceOf(baraka), patience).toBe(1000)
      expect(await rewards()).toBe(0)
      await hers.goto(new URL(reward, at('/')).href)
      await hers.getByText('It is no longer good').waitFor(patience)
      await hers.goBack()
    })

    test('what another friend brings is used with one tap', async () => {
      const page = await stranger()
      await page.goto(from(3, link))
      await ask(page, juma, 'One week')
      await pay(page, juma)
      expect(await rewards()).toBe(1)
      await hers.getByRole('link', { name: 'Use what a friend' }).click()
      expect((await login(await codeOn(hers))).code).toBe('Access-Accept')
      expect(daraja.balanceOf(wanjiku)).toBe(980)
    })
  })
})
