import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { newBox } from './box.ts'
import { startDaraja, useDaraja } from './mpesa.ts'
import { program, radclient, suite } from './peer.ts'

// Strangers at the portal: a box, M-Pesa over HTTP, an old browser without JavaScript, and the login over RADIUS.

const secret = 'a-secret-of-the-router'
const pictures = '/tmp/lango-e2e-pictures'
const bytesMax = 50_000
const amina = '254708374149'
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
  const codeOn = async (page: Page) => {
    await heading(page, 'Your code')
    return (await page.locator('.told').textContent())!
  }

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    daraja = await startDaraja(amina)
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
})
