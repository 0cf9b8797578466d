import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { program, suite } from './peer.ts'

// Pages that wait for something look again by themselves; time is moved by hand.
suite('desk', () => {
  const box = newBox()
  let browser: Browser
  let page: Page
  const marked = () => page.evaluate<boolean>('globalThis.isMarked === true')
  const open = async (path: string) => {
    await page.goto(new URL(path, box.web).href)
    await page.evaluate('globalThis.isMarked = true')
  }

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', 'a-shared-secret-of-the-router')
    // Nobody listens there, so the page goes on looking.
    await box.json('router', 'control', 'tower', '--way', 'api', '--port', '1', '--networks', '10.40.0.0/16=ether2')
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    page = await (await browser.newContext()).newPage()
    await page.clock.install()
    await page.goto(box.web)
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
  })

  test('a page that waits for a router looks again', async () => {
    await open('/routers/tower/control')
    await page.clock.runFor(6000)
    await expect.poll(marked, { timeout: 10_000 }).toBe(false)
  })

  test('what somebody is typing stays, until they have put it back as it was', async () => {
    await open('/routers/tower/control')
    const networks = page.locator('textarea[name="networks"]')
    await networks.fill('10.41.0.0/16 ether3')
    await page.locator('h1').click()
    await page.clock.runFor(60_000)
    expect([await marked(), await networks.inputValue()]).toEqual([true, '10.41.0.0/16 ether3'])
    await networks.fill('10.40.0.0/16 ether2')
    await page.locator('h1').click()
    await page.clock.runFor(6000)
    await expect.poll(marked, { timeout: 10_000 }).toBe(false)
  })

  test('what was refused stays to be mended', async () => {
    await open('/routers/tower/control')
    await page.locator('textarea[name="networks"]').fill('nonsense')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('This line cannot be read').waitFor()
    await page.evaluate('globalThis.isMarked = true')
    await page.clock.runFor(60_000)
    expect(await marked()).toBe(true)
  })
})
