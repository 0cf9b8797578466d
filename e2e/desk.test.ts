import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareSecret } from '../drivers/radius/authenticity.ts'
import { startNasSimulator, type NasSimulator } from '../drivers/simulators/nas.ts'
import { systemRandom } from '../kernel/src/base/index.ts'
import { collectingLog } from '../kernel/src/testing/index.ts'
import { newBox } from './box.ts'
import { faultsOf, pictures } from './looks.ts'
import { program, radclient, suite, type Attributes } from './peer.ts'

// The first day of somebody who has never seen a box: everything in the browser, on one box, with a router that is a
// program but speaks the real protocol. The tests build on each other, as the day does.

const password = 'nyani haoni kundule'
const nasAddress = '127.0.0.1'
const seenWithinMs = 15_000

suite('desk', () => {
  const box = newBox()
  let browser: Browser
  let page: Page
  let nas: NasSimulator
  let subscriberPassword = ''
  let voucher = ''
  const secret = 'desk-of-a-newcomer'

  const open = (path: string) => page.goto(new URL(path, origin()).href)
  const origin = () => new URL(box.web).origin
  const field = (label: string) => page.locator('main').getByLabel(label, { exact: false }).first()
  const press = (name: string) => page.locator('main').getByRole('button', { name, exact: true }).first().click()
  const main = () => page.locator('main')
  /** As the router signs it: from the moment the box has seen it do so, it takes nothing unsigned from it. */
  const login = (user: string, shown: string, more: Attributes = {}) =>
    radclient(box.ports.auth, 'auth', secret, {
      'User-Name': user,
      'User-Password': shown,
      'Message-Authenticator': '0x00',
      ...more,
    })
  /** Loads the page again until the text is there: what a router reports comes when it comes. */
  const seen = async (text: string | RegExp, within = 'main') => {
    await expect
      .poll(
        async () => {
          if ((await page.locator(within).getByText(text).count()) > 0) return true
          await page.reload()
          return false
        },
        { timeout: seenWithinMs, interval: 300 },
      )
      .toBe(true)
  }

  beforeAll(async () => {
    await box.start()
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    nas = await startNasSimulator({
      server: { address: nasAddress, authPort: box.ports.auth, acctPort: box.ports.acct },
      secret: prepareSecret(Buffer.from(secret)),
      name: 'tower',
      address: nasAddress,
      coaPort: 0,
      interimMs: 500,
      // She stays until she is asked to go.
      leaveShare: 0,
      random: systemRandom(),
      log: collectingLog(),
    })
  })
  afterAll(async () => {
    await browser?.close()
    await nas?.stop()
    await box.remove()
  })

  test('the one-time address makes the newcomer the owner, and what is left to set up is said', async () => {
    await page.goto(box.web)
    await page.getByRole('link', { name: 'Become the owner' }).click()
    await field('Your name').fill('Wanjiru Kariuki')
    await field('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByLabel('Password once more').fill(password)
    await press('Create the owner')
    await page.getByText('Where does this box stand?').waitFor()
    await page.goto(new URL('/', box.web).href)
    await page.getByText('Set-up of this box: 1 of 6 done').waitFor()
    expect(await page.getByRole('link', { name: 'Go on', exact: true }).count()).toBe(1)
  })

  test('signed out, she comes in by name and password', async () => {
    await page.locator('summary[title="Wanjiru Kariuki"]').click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await field('Login').fill('wanjiru')
    await field('Password').fill('something else entirely')
    await press('Sign in')
    await page.getByText('Login and password do not belong together').waitFor()
    await field('Password').fill(password)
    await press('Sign in')
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  test('a router is added, and its script is ready to paste', async () => {
    await open('/routers/new')
    await field('Name').fill('tower')
    await field('Address').fill(nasAddress)
    await page.locator('main [name="vendor"]').selectOption('mikrotik')
    await page.locator('main [name="secret"]').fill(secret)
    await page.evaluate(`for (const each of document.querySelectorAll('main details')) each.open = true`)
    await page.locator('main [name="coaPort"]').fill(String(nas.coaPort))
    await press('Add and go on to the script')
    await main().getByText('/ppp aaa set use-radius=yes').waitFor()
    expect(new URL(page.url()).pathname).toBe('/routers/tower/script')
  })

  test('a plan is made of what people write', async () => {
    await open('/plans/new')
    await page.locator('main [name="name"]').fill('Home 10')
    await page.locator('main [name="kind"]').selectOption('pppoe')
    await page.locator('main [name="speed"]').fill('10M/5M')
    await page.locator('main [name="price"]').fill('1,500')
    await press('Put on sale')
    await main()
      .getByText(/10 \/ 5\sMbit\/s/)
      .first()
      .waitFor()
    await open('/plans/new')
    await page.locator('main [name="name"]').fill('Day pass')
    await page.locator('main [name="speed"]').fill('4M/2M')
    await page.locator('main [name="validity"]').fill('1d')
    await page.locator('main [name="devices"]').fill('2')
    await press('Put on sale')
    await open('/plans')
    await main().getByText('Day pass').first().waitFor()
    expect(await main().getByText('Home 10').count()).toBeGreaterThan(0)
  })

  test('a PPPoE customer is added in one form, and the router lets them in', async () => {
    await open('/subscribers/new')
    await field('Name').fill('Amina Otieno')
    await page.locator('main [name="login"]').fill('amina')
    await page.locator('main [name="plan"]').selectOption('Home 10')
    await press('Add')
    subscriberPassword = (await page.locator('#password').textContent())?.trim() ?? ''
    expect(subscriberPassword).toMatch(/^[a-z2-9]{12}$/)
    nas.bring([{ login: 'amina', password: subscriberPassword, mac: '02:00:00:00:00:01' }])
    await open('/sessions?q=amina')
    await seen('Home 10')
    await open('/subscribers/amina')
    await seen('1 open')
    expect(await main().getByText('A login is let in.').count()).toBe(1)
  })

  test('she is throttled, and the router says that it did', async () => {
    await page.locator('main [name="speed"]').fill('1M/512k')
    await press('Set the speed now')
    await main().getByText('The session has the speed now.').waitFor()
    expect(await main().getByText('own speed, the plan has').count()).toBe(1)
  })

  test('she is disconnected, and the router says that it did', async () => {
    await press('Disconnect')
    await main().getByText('The session is ended.').waitFor({ timeout: 30_000 })
    await open('/subscribers/amina?tab=history')
    await seen('tower')
    expect(await main().locator('tbody tr').count()).toBe(1)
  })

  test('why a login was refused is read where it happened', async () => {
    await login('amina', 'wrong')
    await open('/subscribers/amina?tab=decisions')
    await seen('refused')
    expect(
      await main()
        .getByText(/password/i)
        .count(),
    ).toBeGreaterThan(0)
  })

  test('her shop gets a login of its own beside the one at home, and what was put to the wrong customer is moved', async () => {
    const add = async (login: string) => {
      await page.locator('main [name="login"]').fill(login)
      await press('Add')
      await page.locator('#password').waitFor()
    }
    await open('/subscribers/amina?tab=services')
    await page.getByRole('link', { name: 'Add a service' }).click()
    await main().getByRole('heading', { name: 'Add a service for Amina Otieno' }).waitFor()
    await add('amina-shop')
    await open('/subscribers/new')
    await field('Name').fill('Juma Mwangi')
    await add('juma')
    await open('/subscribers/juma')
    await page.getByRole('link', { name: 'Services', exact: true }).click()
    await page.getByRole('link', { name: 'Add a service' }).click()
    await add('amina-tv')
    await open('/subscribers/amina-tv?tab=services')
    await page.locator('main [name="to"]').fill('otieno')
    await press('Find')
    await press('Move here')
    await main().getByText('The service is this customer’s now.').waitFor()
    await open('/search?q=otieno')
    for (const login of ['amina', 'amina-shop', 'amina-tv'])
      expect(await main().locator(`a[href="/subscribers/${login}"]`).count()).toBeGreaterThan(0)
  })

  test('vouchers are printed, one is used, and the desk sees it', async () => {
    await open('/vouchers/new')
    await page.locator('main [name="plan"]').selectOption({ label: 'Day pass' })
    await page.locator('main [name="count"]').fill('30')
    await press('Check')
    await page.locator('main form[method="post"] button[type="submit"]').first().click()
    await main().getByText(/30/).first().waitFor()
    const batch = new URL(page.url()).pathname
    await page.getByRole('link', { name: 'Print and export' }).click()
    const file = async (layout: string) => {
      await page.locator('main [name="layout"]').selectOption(layout)
      const [download] = await Promise.all([page.waitForEvent('download'), press('Get the codes')])
      return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
    }
    const pdf = await file('a4')
    expect(pdf.name).toMatch(/\.pdf$/)
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-')
    const csv = await file('csv')
    const [head = '', first = ''] = csv.bytes.toString().split(/\r?\n/)
    voucher = first.split(',')[head.split(',').indexOf('code')] ?? ''
    expect(voucher).not.toBe('')
    expect((await login(voucher, voucher, { 'Calling-Station-Id': '02-00-00-00-00-99' })).code).toBe('Access-Accept')
    await open(batch)
    await seen('Used', 'main td')
    await open('/vouchers')
    await page.locator('main [name="code"]').fill(voucher.toLowerCase())
    await press('Find')
    await main()
      .getByText(/02:00:00:00:00:99|used/i)
      .first()
      .waitFor()
    expect(page.url()).not.toContain(voucher)
  })

  test('somebody is asked to pay for a plan on their phone, and the purchase stands there', async () => {
    await open('/plans/new')
    await page.locator('main [name="name"]').fill('Hour pass')
    await page.locator('main [name="validity"]').fill('1h')
    await page.locator('main [name="price"]').fill('20')
    await press('Put on sale')
    await open('/payments')
    await main().locator('[name="plan"]').selectOption({ label: 'Hour pass, KSh 20.00' })
    await main().locator('[name="phone"]').fill('0712 345 678')
    await press('Ask to pay')
    await main().getByText('+254 712 345 678').waitFor()
    expect(new URL(page.url()).pathname).toBe('/payments/purchases/1')
    await main().getByRole('link', { name: 'Set up M-Pesa' }).waitFor()
    await open('/payments?q=0712345678')
    expect(await main().getByRole('link', { name: 'Purchase 1' }).count()).toBe(1)
  })

  test('cash is taken for a phone, and stands in its wallet', async () => {
    await open('/wallets')
    await main().locator('[name="phone"]').first().fill('0712 345 678')
    await main().locator('[name="amount"]').first().fill('150')
    await main().locator('form:has([name="amount"]) button[type="submit"]').first().click()
    await main().getByText('The money is in the wallet').waitFor()
    expect(new URL(page.url()).pathname).toBe('/wallets/1')
  })

  test('an address is told of what happens, and of a test at once', async () => {
    await open('/settings')
    await main().getByRole('link', { name: 'Webhooks' }).click()
    await field('Address').fill('http://127.0.0.1:9/hook')
    await press('Add')
    expect(await page.locator('#secret').textContent()).toMatch(/^whsec_/)
    await main().getByRole('link', { name: 'Done: see whether a message arrives' }).click()
    await press('Send a test')
    // The box sends nothing to itself, and says so.
    await main().getByText('127.0.0.1 is this machine').waitFor()
    expect(new URL(page.url()).pathname).toBe('/settings/webhooks/1')
  })

  test('backups are set, the key to them is told once, and the first is made and verified', async () => {
    await open('/settings/backups')
    await field('Where to').fill(join(box.data, 'kept'))
    await press('Set')
    expect(await page.locator('#recovery-key').textContent()).toMatch(/^([a-z2-9]{4}-){6}[a-z2-9]{4}$/)
    await main().getByRole('link', { name: 'I have written it down' }).click()
    await main().getByText('Made and verified').waitFor({ timeout: 120_000 })
    expect(readdirSync(join(box.data, 'kept'))).toHaveLength(1)
  }, 150_000)

  const paths = [
    '/',
    '/setup',
    '/setup/place?country=KE',
    '/setup/router?another=yes',
    '/setup/plan',
    '/setup/vouchers',
    '/setup/done',
    '/sessions',
    '/subscribers',
    '/subscribers/new',
    '/subscribers/amina',
    '/subscribers/amina?tab=history',
    '/subscribers/amina?tab=decisions',
    '/subscribers/amina?tab=edit',
    '/subscribers/amina?tab=services&to=juma',
    '/subscribers/juma?tab=services&to=amina',
    '/vouchers',
    '/vouchers/new',
    '/vouchers/commission',
    '/vouchers/loans',
    '/vouchers/1?tab=lend',
    '/stock',
    '/stock/sales',
    '/payments',
    '/payments/purchases/1',
    '/payments/unmatched',
    '/payments/unmatched?tab=settled',
    '/wallets',
    '/wallets/1',
    '/wallets/1/standing-orders',
    '/plans',
    '/plans/new',
    '/offers',
    '/offers/new',
    '/offers/friends',
    '/routers',
    '/routers/tower',
    '/routers/tower/script',
    '/access-log',
    '/reports',
    '/staff',
    '/staff/roles',
    '/staff/tokens',
    '/audit',
    '/doctor',
    '/settings',
    '/settings/api',
    '/settings/api?q=voucher&kind=command',
    '/settings/api/vouchers',
    '/settings/api/plans',
    '/updates',
    '/rollouts',
    '/settings/backups',
    '/settings/backups?tab=change',
    '/settings/backups?tab=stop',
    '/settings/webhooks',
    '/settings/webhooks/1',
    '/settings/webhooks/1?tab=change',
    '/settings/webhooks/1?tab=remove',
    '/settings/portal',
    '/settings/portal/poster',
    '/settings/retention',
    '/settings/certificates',
    '/settings/standby',
    '/settings/network',
    '/settings/import',
    '/settings/import/subscribers',
    '/settings/import/daloradius',
    '/settings/messages',
    '/settings/messages?sms=twilio',
    '/settings/messages?sms=http',
    '/settings/mpesa',
    '/settings/mpesa/paying-out',
    '/settings/mpesa/wallets',
    '/payouts',
    '/payments/ahead',
    '/bypass',
    '/registrations',
    '/consents',
    '/search?q=amina',
    '/me',
    '/menu',
  ]

  // What axe finds depends on colours and widths, each of which is looked at once.
  test.each([
    ['desk', 1280, 800, 'light', 'en', true],
    ['desk', 1280, 800, 'dark', 'sw', false],
    ['phone', 360, 740, 'light', 'sw', false],
    ['phone', 360, 740, 'dark', 'en', true],
  ] as const)(
    'every page fits, can be read and is photographed: %s %i %i %s %s',
    async (name, width, height, colorScheme, lang, isJudged) => {
      const storageState = await page.context().storageState()
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, storageState })
      const port = new URL(box.web).port
      await context.addCookies([{ name: 'lango-view', value: `lang=${lang}`, url: `http://127.0.0.1:${port}` }])
      const look = await context.newPage()
      const problems: string[] = []
      look.on('pageerror', (error) => problems.push(error.message))
      look.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      for (const path of paths) {
        const answer = await look.goto(new URL(path, origin()).href)
        if (answer?.status() !== 200) problems.push(`${path} answered ${answer?.status()}`)
        await look.evaluate('document.fonts.ready')
        if (await look.evaluate('document.documentElement.scrollWidth > innerWidth'))
          problems.push(`${path} is too wide`)
        await look.screenshot({
          path: `${pictures}/${name}-${colorScheme}${path.replaceAll(/[^a-z0-9]+/gi, '-')}.png`,
          fullPage: true,
        })
        if (isJudged) for (const fault of await faultsOf(look, 'main details')) problems.push(`${path} ${fault}`)
      }
      await context.close()
      expect(problems).toEqual([])
    },
    240_000,
  )

  test('without a script the forms do the same', async () => {
    const storageState = await page.context().storageState()
    const plain = await (await browser.newContext({ javaScriptEnabled: false, storageState })).newPage()
    await plain.goto(new URL('/subscribers/new', origin()).href)
    await plain.locator('main [name="login"]').fill('baraka')
    await plain.locator('main [name="password"]').fill('typed by hand')
    await plain.locator('main').getByRole('button', { name: 'Add', exact: true }).click()
    await plain.getByText('The subscriber is added.').waitFor()
    await plain.locator('main').getByRole('button', { name: 'Suspend' }).click()
    await plain.locator('main').getByRole('button', { name: 'Undo' }).click()
    await plain.getByText('Resumed.').waitFor()
    expect(new URL(plain.url()).search).toBe('?said=resumed')
  })

  test('the hotspot’s page is drawn as it is typed, and nothing of it is kept or leads anywhere', async () => {
    const typed = async (look: Page, name: string, value: string) => {
      await look.goto(new URL('/settings/portal', origin()).href)
      await look.locator(`main [name="${name}"]`).fill(value)
      return look.frameLocator('iframe[name="preview"]')
    }
    const preview = await typed(page, 'welcome.en', 'Karibu, <b>stranger</b>')
    await preview.getByText('Karibu, <b>stranger</b>').waitFor()
    await page.locator('main [name="background"]').fill('#002b28')
    await expect
      .poll(() => page.frame('preview')?.evaluate('getComputedStyle(document.body).backgroundColor'))
      .toBe('rgb(0, 43, 40)')
    await page.locator('main').getByRole('button', { name: 'Preview in Swahili' }).click()
    await preview.getByRole('heading', { name: 'Ingia mtandaoni' }).waitFor()
    await preview.getByRole('link', { name: 'Nina vocha' }).click()
    await preview.getByText('Karibu, <b>stranger</b>').waitFor()
    await open('/settings/portal')
    expect(await page.locator('main [name="welcome.en"]').inputValue()).toBe('')
    const storageState = await page.context().storageState()
    const plain = await (await browser.newContext({ javaScriptEnabled: false, storageState })).newPage()
    const drawn = await typed(plain, 'welcome.en', 'Without a script')
    await plain.locator('main').getByRole('button', { name: 'Preview in English' }).click()
    await drawn.getByText('Without a script').waitFor()
  })

  test('a picture from a camera is made to fit before it is sent', async () => {
    await open('/settings/portal')
    const photo = await page.evaluate(`(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 2000, height: 1500 })
      const paper = canvas.getContext('2d')
      for (let at = 0; at < 4000; at++) {
        paper.fillStyle = 'hsl(' + (at * 47) % 360 + ' 60% 50%)'
        paper.fillRect((at * 37) % 2000, (at * 91) % 1500, 40, 40)
      }
      return canvas.toDataURL('image/jpeg', 0.95).split(',')[1]
    })()`)
    const buffer = Buffer.from(String(photo), 'base64')
    expect(buffer.length).toBeGreaterThan(200_000)
    const file = page.locator('[data-shrink]').nth(1)
    await file.setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer })
    const size = () => page.evaluate(`document.querySelectorAll('[data-shrink]')[1].files[0].size`)
    await expect.poll(size).toBeLessThanOrEqual(40_000)
    await page.locator('main').getByRole('button', { name: 'Use this picture' }).nth(1).click()
    await main().getByText('The picture is in use.').waitFor()
    await main().getByRole('button', { name: 'Remove' }).click()
    await main().getByText('The picture is removed.').waitFor()
  })

  test('the palette leads anywhere by keyboard', async () => {
    await open('/')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('plan')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Plans' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('amina')
    await page.keyboard.press('Enter')
    await main().getByText('Found for').waitFor()
    expect(new URL(page.url()).search).toBe('?q=amina')
  })
})
