import { statSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWeb, deskAddress, serveWeb } from '../appliance/src/web/index.ts'
import { createFixtureFeed, sampleSnapshot } from '../appliance/src/web/testing/fixture-feed.ts'
import { siteUnderTest } from '../appliance/src/web/testing/site-under-test.ts'
import { orThrow, systemRandom } from '../kernel/src/base/index.ts'
import { collectingLog } from '../kernel/src/testing/index.ts'
import { startAccountingLoad } from './accounting-load.ts'
import { newBox } from './box.ts'
import { faultsOf, pictures } from './looks.ts'
import { program, radclient, suite } from './peer.ts'

const secret = 'page-secret'
/** A page that nobody reloads: how soon is for the bench to say, on a machine that does nothing else. */
const seenWithinMs = 15_000
const sizes = [
  { name: 'desk', width: 1280, height: 800 },
  { name: 'phone', width: 360, height: 740 },
] as const
const schemes = ['light', 'dark'] as const

// The budgets of the desk.
const firstLoadBytesMax = 150_000
const nextLoadBytesMax = 30_000
const shiftMax = 0.05
const rowsShown = 200

/** What a visit brings over the wire, heads and bodies as sent, by path; the live stream never ends and is not in it. */
const weigh = async (page: Page, address: string): Promise<Record<string, number>> => {
  const session = await page.context().newCDPSession(page)
  const paths = new Map<string, string>()
  const bytes: Record<string, number> = {}
  session.on('Network.responseReceived', ({ requestId, response }) => {
    paths.set(requestId, new URL(response.url).pathname)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes[paths.get(requestId) ?? requestId] = encodedDataLength
  })
  await session.send('Network.enable')
  await page.goto(address)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.evaluate('document.fonts.ready')
  await session.detach()
  return bytes
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** Counts every shift that the person did not cause, from the first paint on. */
const watchShift = `globalThis.shift = 0; new PerformanceObserver((seen) => {
  for (const entry of seen.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value
}).observe({ type: 'layout-shift', buffered: true })`

/** How many sessions with such addresses the page has: drawn, or waiting behind the chip of a list that is read. */
const sessionsTold = `(prefix) => {
  const drawn = [...document.querySelectorAll('[data-live="sessions"] > *')]
  const chip = document.querySelector('[data-paused="sessions"]')
  const waiting = chip.hidden ? 0 : Number(/\\d+/.exec(chip.textContent) ?? 0)
  return drawn.filter((row) => row.textContent.includes(prefix)).length + waiting
}`

/** The desk of a box on which everything is odd: hostile names, nothing serving; with the gallery, as the demo has it. */
const serveOddDesk = async () => {
  const now = Date.now()
  const odd = sampleSnapshot({ now, sessions: 12, decisions: 12, routers: 9, hostile: true })
  const health = { serving: false, since: now, reason: 'The disk is full.' }
  const token = systemRandom().bytes(32).toString('base64url')
  const web = createWeb({
    token,
    feed: createFixtureFeed({ ...odd, health }),
    site: siteUnderTest().web,
    pages: [],
    siteName: 'Kisumu <b>POP</b>',
    clock: { now: () => Date.now(), monotonicMs: () => performance.now(), sure: () => true },
    demo: true,
    log: collectingLog(),
  })
  const server = orThrow(await serveWeb({ app: web.app, port: 0 }))
  const close = async () => {
    web.close()
    await server.close()
  }
  return { address: deskAddress(server, token), close }
}

suite('page', () => {
  // Kept after the run, to be looked at; the next one overwrites them.
  const box = newBox()
  let browser: Browser

  const login = (user: string) =>
    radclient(box.ports.auth, 'auth', secret, { 'User-Name': user, 'User-Password': 'right' })
  const begin = (user: string, id: string, address = '10.20.0.9') =>
    radclient(box.ports.acct, 'acct', secret, {
      'User-Name': user,
      'Acct-Session-Id': id,
      'Acct-Status-Type': 'Start',
      'Framed-IP-Address': address,
      'NAS-IP-Address': '127.0.0.1',
    })

  const newAddress = async () => (await box.json<{ address: string }>('web-token')).address
  /** As many sessions as the page shows, and more. */
  const fill = async (prefix: string) => {
    const load = startAccountingLoad({ port: box.ports.acct, secret, userName: 'amina', sockets: 1, prefix })
    await load.moreAnswers(rowsShown)
    load.hush()
    load.close()
    // What is answered is on the page a moment later.
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(await newAddress())
    const rows = async (): Promise<number> => {
      await page.reload()
      return page.locator('[data-live=sessions] tr').count()
    }
    await expect.poll(rows, { timeout: seenWithinMs }).toBe(rowsShown)
    await context.close()
  }

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

  test('a radclient login shows on the live page by itself', async () => {
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

  test('the fullest page weighs at most 150 kB over the wire, font and all; the next one 30 kB', async () => {
    await fill('a')
    const context = await browser.newContext()
    const page = await context.newPage()
    const first = await weigh(page, await newAddress())
    expect(await page.locator('[data-live=sessions] tr').count()).toBe(rowsShown)
    expect(Object.keys(first).filter((path) => path.endsWith('.woff2'))).toHaveLength(1)
    expect(sum(Object.values(first)), JSON.stringify(first)).toBeLessThanOrEqual(firstLoadBytesMax)
    const next = await weigh(page, new URL('/', box.web).href)
    expect(sum(Object.values(next)), JSON.stringify(next)).toBeLessThanOrEqual(nextLoadBytesMax)
    await context.close()
  })

  test('text is set in the font of the box, and figures stand in columns', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(await newAddress())
    const faces = await page.evaluate(
      `document.fonts.ready.then((fonts) => [...fonts].map(({ family, status }) => family + ' ' + status))`,
    )
    expect(faces).toEqual(['Inter Variable loaded'])
    const widths = await page
      .locator('td.figures')
      .first()
      .evaluate((cell) => {
        return ['1111', '0000', '4747'].map((figures) => {
          cell.innerHTML = `<span>${figures}</span>`
          return cell.firstElementChild?.getBoundingClientRect().width
        })
      })
    expect(new Set(widths).size).toBe(1)
    await context.close()
  })

  test.each(sizes)('on a $name nothing jumps while sessions come', async ({ name, width, height }) => {
    await fill(name)
    const context = await browser.newContext({ viewport: { width, height } })
    const page = await context.newPage()
    await page.addInitScript(watchShift)
    const told = (): Promise<number> => page.evaluate<number>(`(${sessionsTold})('10.21.${width % 256}.')`)
    const start = async (no: number): Promise<void> => {
      expect((await login('baraka')).code).toBe('Access-Accept')
      expect((await begin('baraka', `${name}${no}`, `10.21.${width % 256}.${no}`)).code).toBe('Accounting-Response')
    }
    // A page that has this one has all that came before it, and nothing of that comes later.
    await start(0)
    await page.goto(await newAddress())
    const again = async (): Promise<number> => {
      await page.reload()
      return told()
    }
    await expect.poll(again, { timeout: seenWithinMs }).toBe(1)
    await page.getByText('Live', { exact: true }).waitFor()
    for (const no of [1, 2, 3]) {
      await start(no)
      await expect.poll(told, { timeout: seenWithinMs }).toBe(no + 1)
    }
    expect(await page.evaluate('globalThis.shift')).toBeLessThanOrEqual(shiftMax)
    await context.close()
  })

  test('axe finds nothing serious: at 1280 and 360 px, light and dark, in both languages', async () => {
    const odd = await serveOddDesk()
    const context = await browser.newContext({ reducedMotion: 'reduce' })
    const page = await context.newPage()
    const found: string[] = []
    for (const [address, path, lang] of [
      [await newAddress(), '/', 'en'],
      [odd.address, '/', 'sw'],
      [odd.address, '/gallery', 'en'],
      [odd.address, '/nothing', 'sw'],
    ] as const) {
      await page.goto(address)
      await context.addCookies([{ name: 'lango-view', value: `lang=${lang}`, url: new URL('/', address).href }])
      for (const scheme of schemes) {
        for (const { width, height } of sizes) {
          await page.emulateMedia({ colorScheme: scheme })
          await page.setViewportSize({ width, height })
          await page.goto(new URL(path, address).href)
          const faults = await faultsOf(page, 'details')
          found.push(...faults.map((fault) => `${path} ${lang} ${scheme} ${width} px: ${fault}`))
        }
      }
    }
    expect(found).toEqual([])
    await context.close()
    await odd.close()
  }, 180_000)
})
