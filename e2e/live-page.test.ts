import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { LiveSnapshot } from '../appliance/src/web/feed.ts'
import { createWeb, deskAddress, serveWeb } from '../appliance/src/web/index.ts'
import { siteUnderTest } from '../appliance/src/web/testing/site-under-test.ts'
import { createFixtureFeed, sampleSnapshot } from '../appliance/src/web/testing/fixture-feed.ts'
import { orThrow, systemRandom } from '../kernel/src/base/index.ts'
import { collectingLog } from '../kernel/src/testing/index.ts'
import { program, suite } from './peer.ts'

// What only a browser can tell: its script, its layout, its view of cookies and policy.
// The second between two patches passes in 50 ms.
const clock = { now: () => Date.now(), monotonicMs: () => performance.now() * 20, sure: () => true }
const ends: (() => Promise<void>)[] = []
let browser: Browser

const serving = async (snapshot: LiveSnapshot, siteName = 'Kisumu POP') => {
  const feed = createFixtureFeed(snapshot)
  const token = systemRandom().bytes(32).toString('base64url')
  const every = (_: number, run: () => void) => {
    const timer = setInterval(run, 25)
    return () => clearInterval(timer)
  }
  const log = collectingLog()
  const web = createWeb({
    token,
    feed,
    site: siteUnderTest().web,
    pages: [],
    siteName,
    clock,
    demo: true,
    log,
    every,
    timeZone: 'Africa/Nairobi',
  })
  const server = orThrow(await serveWeb({ app: web.app, port: 0 }))
  const end = async () => {
    web.close()
    await server.close()
  }
  ends.push(end)
  return { feed, end, origin: `http://127.0.0.1:${server.port}`, address: deskAddress(server, token) }
}

/** A new browser's page, with what went wrong on it. */
const visiting = async (options: Parameters<Browser['newContext']>[0] = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  ends.push(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  return { page, faults }
}

const opened = async (snapshot: LiveSnapshot) => {
  const box = await serving(snapshot)
  const { page, faults } = await visiting()
  await page.goto(box.address)
  await page.getByText('Live', { exact: true }).waitFor()
  return { ...box, page, faults }
}

// The machine may be busy.
const soon = { timeout: 5000 }

const sample = () => sampleSnapshot({ now: Date.now(), sessions: 60 })
const newest = (page: Page) => page.locator('[data-live=sessions] tr').first()

const addSession = ({ feed }: Pick<Awaited<ReturnType<typeof serving>>, 'feed'>, login: string, no: number) =>
  feed.change('sessions', (before) => ({
    ...before,
    sessions: [{ ...before.sessions[0]!, login, no, startedAt: Date.now() }, ...before.sessions],
  }))

suite('live page', () => {
  beforeAll(async () => {
    const quiet = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run']
    browser = await chromium.launch({ executablePath: program('chromium'), args: quiet })
  }, 30_000)
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  afterAll(() => browser?.close())

  test('the printed address opens the desk, leaves the bar clean, and rows come in place without a shift', async () => {
    const desk = await opened(sample())
    const { page, faults, origin } = desk
    expect(page.url()).toBe(`${origin}/`)
    await page.evaluate(`globalThis.shift = 0; new PerformanceObserver((seen) => {
      for (const entry of seen.getEntries()) globalThis.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })`)
    const why = page.locator('[data-live=decisions] details').first()
    await why.locator('summary').click()

    addSession(desk, '<img src=x onerror="document.title=1">', 9001)
    await expect.poll(() => newest(page).getAttribute('data-key'), soon).toBe('9001')
    expect(await newest(page).locator('bdi').first().textContent()).toBe('<img src=x onerror="document.title=1">')
    desk.feed.change('sessions', (before) => ({
      ...before,
      sessions: before.sessions.map((row) => (row.no === 999 ? { ...row, outRateKbps: 8200 } : row)),
    }))
    const cell = page.locator('[data-key="999"] [data-cell=down]')
    await expect.poll(() => cell.textContent(), soon).toBe('8.2\u00a0Mbit/s')
    expect(await cell.getAttribute('class')).toContain('is-changed')
    expect(await why.getAttribute('open')).toBe('')
    expect(await page.evaluate('globalThis.shift')).toBeLessThanOrEqual(0.05)
    expect(await page.title()).toContain('Kisumu POP')
    expect(faults).toEqual([])
  })

  test('a list that is being read stands still, counts what is new, and goes on when asked', async () => {
    const desk = await opened(sample())
    const { page } = desk
    const chip = page.locator('[data-paused=sessions]')
    await page.locator('[data-scroll=sessions]').evaluate((box) => box.scrollTo(0, 100))
    await chip.waitFor()
    addSession(desk, 'fresh', 9001)
    await page.getByText('Paused, 1 new').waitFor()
    expect(await newest(page).getAttribute('data-key')).toBe('1000')
    await chip.getByText('Resume').click()
    await expect.poll(() => newest(page).getAttribute('data-key'), soon).toBe('9001')
    expect(await chip.isHidden()).toBe(true)

    await newest(page).locator('bdi').first().selectText()
    await chip.waitFor()
    addSession(desk, 'fresher', 9002)
    await page.getByText('Paused, 1 new').waitFor()
    expect(await newest(page).getAttribute('data-key')).toBe('9001')
    await page.evaluate('getSelection().removeAllRanges()')
    await expect.poll(() => newest(page).getAttribute('data-key'), soon).toBe('9002')
  })

  test('on a phone the rows on the screen keep their places until asked, and what stands in them goes on', async () => {
    const box = await serving(sample())
    const { page } = await visiting({ viewport: { width: 360, height: 740 }, hasTouch: true })
    await page.goto(box.address)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.evaluate(`globalThis.shift = 0; new PerformanceObserver((seen) => {
      for (const entry of seen.getEntries()) globalThis.shift += entry.value
    }).observe({ type: 'layout-shift' })`)
    addSession(box, 'fresh', 9001)
    const chip = page.locator('[data-paused=sessions]')
    await chip.getByText('Paused, 1 new').waitFor()
    expect(await newest(page).getAttribute('data-key')).toBe('1000')
    box.feed.change('sessions', (before) => ({
      ...before,
      sessions: before.sessions.map((row) => (row.no === 999 ? { ...row, outRateKbps: 8200 } : row)),
    }))
    await expect.poll(() => page.locator('[data-key="999"] [data-cell=down]').textContent(), soon).toMatch(/^8\.2/)
    expect(await page.evaluate('globalThis.shift')).toBeLessThanOrEqual(0.01)
    await chip.getByRole('button').tap()
    expect(await newest(page).getAttribute('data-key')).toBe('9001')
    expect(await chip.isHidden()).toBe(true)
  })

  test('the first session takes the place of the empty state', async () => {
    const { sessions, ...rest } = sample()
    const { page, feed } = await opened({ ...rest, sessions: [] })
    const empty = page.getByText('Nobody is online')
    expect(await empty.isVisible()).toBe(true)
    feed.change('sessions', () => ({ ...rest, sessions }))
    await expect.poll(() => page.locator('[data-live=sessions] tr').count(), soon).toBe(60)
    expect(await empty.isVisible()).toBe(false)
  })

  test('a lost connection is told with its time, and the page offers to load anew', async () => {
    const { page, end } = await opened(sample())
    await end()
    await page.getByText(/^Connection lost at \d\d:\d\d:\d\d\. What is shown is from then\.$/).waitFor()
    expect(await page.getByRole('link', { name: 'Refresh' }).isVisible()).toBe(true)
  })

  test('without a script everything is there, and preferences work', async () => {
    const { address } = await serving(sample())
    const { page } = await visiting({ javaScriptEnabled: false })
    await page.goto(address)
    expect(await page.locator('[data-live=sessions] tr').count()).toBe(60)
    await page.locator('[data-live=decisions] summary').first().click()
    expect(await page.locator('[data-live=decisions] .why-body').first().isVisible()).toBe(true)
    await page.locator('.menu > summary[title="View"]').click()
    await page.getByRole('button', { name: 'Kiswahili' }).click()
    expect(await page.locator('html').getAttribute('lang')).toBe('sw')
    await page.getByRole('button', { name: 'Kunja' }).click()
    expect(await page.locator('.frame').getAttribute('data-nav')).toBe('collapsed')
  })

  test('a link on another site opens the desk of whoever is signed in', async () => {
    const { page, origin } = await opened(sample())
    const other = createServer((_, response) => response.end(`<a href="${origin}/">desk</a>`)).listen(0, '127.0.0.1')
    await once(other, 'listening')
    ends.push(async () => other.close().closeAllConnections())
    // Another site by name: ports do not tell sites apart.
    await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`)
    await page.getByText('desk').click()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    expect(page.url()).toBe(`${origin}/`)
  })

  test('nothing reaches beyond the page at 320, 360 and 1280 px, whatever the names', async () => {
    const now = Date.now()
    const hostile = sampleSnapshot({ now, sessions: 30, decisions: 20, routers: 9, hostile: true })
    const health = { serving: false, since: now, reason: 'x'.repeat(300) }
    const { origin, address } = await serving({ ...hostile, health }, `<b>Kisumu</b> ${'x'.repeat(90)}`)
    const { page, faults } = await visiting()
    await page.goto(address)
    for (const path of ['/', '/gallery']) {
      await page.goto(origin + path)
      await page.evaluate(`document.querySelectorAll('details.why').forEach((why) => { why.open = true })`)
      for (const width of [320, 360, 1280]) {
        await page.setViewportSize({ width, height: 720 })
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${path} at ${width}`).toBe(width)
      }
    }
    expect(faults).toEqual([])
  })
})
