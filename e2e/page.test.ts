import { statSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { program, radclient, suite } from './peer.ts'

const secret = 'page-secret'
const seenWithinMs = 2_000
const sizes = [
  { name: 'desk', width: 1280, height: 800 },
  { name: 'phone', width: 360, height: 740 },
] as const
const schemes = ['light', 'dark'] as const

suite('page', () => {
  // Kept after the run, to be looked at; the next one overwrites them.
  const pictures = '/tmp/lango-e2e-pictures'
  const box = newBox()
  let browser: Browser

  const login = (user: string) =>
    radclient(box.ports.auth, 'auth', secret, { 'User-Name': user, 'User-Password': 'right' })
  const begin = (user: string, id: string) =>
    radclient(box.ports.acct, 'acct', secret, {
      'User-Name': user,
      'Acct-Session-Id': id,
      'Acct-Status-Type': 'Start',
      'Framed-IP-Address': '10.20.0.9',
      'NAS-IP-Address': '127.0.0.1',
    })

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    for (const user of ['amina', 'baraka', `<img src=x onerror="document.title='owned'">`]) {
      await box.json('subscriber', 'add', user, '--password', 'right', '--plan', 'Any')
    }
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
  })

  test('the page wants the token that start prints, and takes it once', async () => {
    const without = await fetch(new URL('/', box.web), { redirect: 'manual' })
    expect([401, 403]).toContain(without.status)
    const context = await browser.newContext()
    const page = await context.newPage()
    expect((await page.goto(box.web))?.status()).toBe(200)
    const second = await fetch(box.web, { redirect: 'manual' })
    expect([401, 403]).toContain(second.status)
    await context.close()
  })

  test('a radclient login shows on the live page within 2 s', async () => {
    await box.stop()
    await box.start()
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    await page.goto(box.web)

    expect((await login('amina')).code).toBe('Access-Accept')
    await page.getByText('amina').first().waitFor({ timeout: seenWithinMs })
    expect((await begin('amina', '81000001')).code).toBe('Accounting-Response')
    await page.getByText('10.20.0.9').first().waitFor({ timeout: seenWithinMs })

    // A login name is a stranger's text: shown, never run (X7).
    await login(`<img src=x onerror="document.title='owned'">`)
    await page.getByText('<img src=x').first().waitFor({ timeout: seenWithinMs })
    expect(await page.title()).not.toBe('owned')
    expect(faults).toEqual([])

    for (const scheme of schemes) {
      for (const { name, width, height } of sizes) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.setViewportSize({ width, height })
        const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        expect(wide, `${name} ${scheme} does not scroll sideways`).toBeLessThanOrEqual(0)
        const path = join(pictures, `live-${name}-${scheme}.png`)
        await page.screenshot({ path, fullPage: true })
        expect(statSync(path).size).toBeGreaterThan(5_000)
      }
    }
    await context.close()
  })
})
