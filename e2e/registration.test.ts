import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestAuthority } from '../drivers/radius/eap/testing/certificates.ts'
import { startAfricasTalkingSimulator, type AfricasTalkingSimulator } from '../drivers/simulators/africastalking.ts'
import { startSmtpSimulator, type SmtpSimulator } from '../drivers/simulators/smtp.ts'
import { newBox, temporaryFolder } from './box.ts'
import { program, radclient, suite } from './peer.ts'

// Strangers register by themselves: a box, a mail server and an SMS provider that speak the real protocols, a browser
// without JavaScript, and the login over RADIUS with what the page has shown.

const secret = 'registration-secret'
const mailLogin = { user: 'box', password: 'pw-of-mail' }
const account = { username: 'isp', apiKey: 'key-of-sms' }
const pictures = '/tmp/lango-e2e-pictures'
const pageBytesMax = 50_000
const patience = { timeout: 20_000 }

suite('registration', () => {
  const box = newBox()
  let browser: Browser
  let smtp: SmtpSimulator
  let sms: AfricasTalkingSimulator
  let development: { under: string[]; args: string[] }

  const visitor = async (options = {}): Promise<Page> =>
    (
      await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 }, ...options })
    ).newPage()
  const address = (path: string) => new URL(path, box.web).href
  const login = (user: string, password: string) =>
    radclient(box.ports.auth, 'auth', secret, {
      'User-Name': user,
      'User-Password': password,
      'Message-Authenticator': '0x00',
    })
  const codeIn = (text: string | undefined) => /\b\d{6}\b/.exec(text ?? '')?.[0]
  const mailTo = (to: string) => smtp.mails.findLast((mail) => mail.to === to)?.source.split('\n\n')[1]
  const smsTo = (to: string) => sms.messages.findLast((message) => message.to === to)?.text
  const fill = async (page: Page, plan: string, name: string, contact: string) => {
    await page.goto(address('/join'))
    await page.getByRole('link', { name: plan }).click()
    await page.locator('[name="name"]').fill(name)
    await page.locator('[name="contact"]').fill(contact)
    await page.locator('[name="accept"]').check()
    await page.getByRole('button', { name: 'Send me the code' }).click()
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
  }
  const enter = async (page: Page, code: string) => {
    await page.locator('[name="code"]').fill(code)
    await page.getByRole('button', { name: 'Go on' }).click()
  }
  const shown = async (page: Page) => {
    await page.getByRole('heading', { name: 'Your account is ready' }).waitFor()
    return {
      user: (await page.locator('#login').textContent())!,
      password: (await page.locator('#password').textContent())!,
    }
  }

  beforeAll(async () => {
    const authority = await TestAuthority.create('mail authority')
    const names = [{ type: 'ip', value: '127.0.0.1' }] as const
    const tls = await authority.issue({ name: 'mail', names: [...names], purpose: 'server' })
    const trusted = join(temporaryFolder('trust'), 'ca.pem')
    writeFileSync(trusted, authority.cert)
    smtp = await startSmtpSimulator({ security: 'starttls', tls, login: mailLogin })
    sms = await startAfricasTalkingSimulator(account)
    development = {
      under: ['env', 'LANGO_DEV=1', `LANGO_DEV_SMS=${sms.server}`, `NODE_EXTRA_CA_CERTS=${trusted}`],
      args: ['--portal-port', '0'],
    }
    await box.start(development)
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    await box.json('router', 'add', 'tower', '--address', '127.0.0.1', '--secret', secret)
    const mail = ['--host', '127.0.0.1', '--port', String(smtp.port), '--user', mailLogin.user]
    await box.json('message', 'mail', ...mail, '--password', mailLogin.password, '--from', 'noreply@isp.example')
    const keys = ['--username', account.username, '--key', account.apiKey]
    await box.json('message', 'sms', ...keys, '--prefix', '+254', '--sender', 'LANGO')
    const trial = ['--kind', 'hotspot', '--down-kbps', '2000', '--up-kbps', '1000', '--valid', '1d']
    await box.json('plan', 'add', 'Trial by mail', ...trial, '--self-registration', 'email')
    await box.json('plan', 'add', 'Trial by phone', ...trial, '--self-registration', 'phone')
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await smtp?.close()
    await sms?.close()
    await box.remove()
  })

  test('a test message says whether it works', async () => {
    await box.json('message', 'test', 'email', 'me@isp.example')
    await box.json('message', 'test', 'sms', '+254712000000')
    await expect
      .poll(() => box.json<{ state: string }[]>('message', 'list'), patience)
      .toMatchObject([{ state: 'accepted' }, { state: 'accepted' }])
    expect(smtp.mails[0]).toMatchObject({ from: 'noreply@isp.example', to: 'me@isp.example', isEncrypted: true })
  })

  test('by e-mail: the code comes, the account logs in over RADIUS with the password that was shown', async () => {
    const page = await visitor()
    await fill(page, 'Trial by mail', 'Amina Otieno', 'Amina@Example.net')
    await expect.poll(() => codeIn(mailTo('amina@example.net')), patience).toBeDefined()
    await enter(page, '000000')
    await page.getByText('This is not the code').waitFor()
    await enter(page, codeIn(mailTo('amina@example.net'))!)
    const { user, password } = await shown(page)
    expect(user).toBe('amina@example.net')
    expect((await login(user, password)).code).toBe('Access-Accept')
    expect((await login(user, 'another')).code).toBe('Access-Reject')
  })

  test('by phone, through a box that was killed after the code was asked for and while the account was made', async () => {
    const page = await visitor()
    await fill(page, 'Trial by phone', 'Baraka <i>Mwangi</i>', '0722 000 001')
    await box.kill()
    await box.start(development)
    await expect.poll(() => codeIn(smsTo('+254722000001')), patience).toBeDefined()
    const code = codeIn(smsTo('+254722000001'))!
    const token = new URL(page.url()).searchParams.get('r')!
    const send = fetch(address('/join/code'), {
      method: 'POST',
      headers: { origin: new URL(box.web).origin },
      body: new URLSearchParams({ r: token, code }),
    })
    await Promise.allSettled([send, box.kill()])
    await box.start(development)
    // However far it had come: no account, or a whole one, and the code leads to it.
    await page.goto(address(`/join/code?r=${token}`))
    await enter(page, code)
    const { user, password } = await shown(page)
    expect(user).toBe('254722000001')
    expect((await login(user, password)).code).toBe('Access-Accept')
    const found = await box.json<{ login: string }[]>('subscriber', 'list', '--search', '722000001')
    expect(found).toHaveLength(1)
  })

  test('a second account for the same phone is none, and the box has told nobody a code or a password', async () => {
    const page = await visitor()
    const before = sms.messages.length
    await fill(page, 'Trial by phone', 'Baraka', '+254 722 000 001')
    await expect.poll(() => sms.messages.length, patience).toBe(before + 1)
    expect(smsTo('+254722000001')).toContain('has had its account already')
    await enter(page, '000000')
    await page.getByText('This is not the code').waitFor()
    const codes = sms.messages.map(({ text }) => codeIn(text)).filter((code) => code !== undefined)
    for (const word of [...codes, mailLogin.password, account.apiKey]) expect(box.output()).not.toContain(word)
  })

  test('offers by message: nobody is asked at first; agreed to on the hotspot’s page by a code, and stopped by the number', async () => {
    const gate = (path: string) => `http://127.0.0.1:${box.ports.portal}${path}`
    const page = await visitor()
    expect((await page.goto(gate('/news')))?.status()).toBe(404)
    await box.json('setting', 'set', 'consentOffers', 'yes')
    const { token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner')
    const wanting = async () => {
      const answer = await fetch(address('/api/queries/consents.toSend'), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: '{}',
      })
      const { value } = (await answer.json()) as { value: { contact: string; text: string }[] }
      return value.map(({ contact, text }) => [contact, text])
    }
    // As a router leads a device of its own there: the others of this address have had their codes.
    const place = Buffer.from('mac=02:00:00:00:00:01&router=tower').toString('base64url')
    await page.goto(gate(`/?g=${place}`))
    await page.getByRole('link', { name: 'Offers by message' }).click()
    await page.locator('[name="contact"]').fill('0733 000 001')
    await page.getByRole('button', { name: 'Send me the code' }).click()
    await page.getByText('They come only if you agree').waitFor()
    const words = await page.locator('label', { has: page.locator('[name="offers"]') }).textContent()
    await page.locator('[name="offers"]').check()
    await page.getByRole('button', { name: 'Send me the code' }).click()
    await expect.poll(() => codeIn(smsTo('+254733000001')), patience).toBeDefined()
    expect(await wanting()).toEqual([])
    await page.locator('[name="code"]').fill(codeIn(smsTo('+254733000001'))!)
    await page.getByRole('button', { name: 'Yes, send me offers' }).click()
    await page.getByRole('heading', { name: 'You get our offers' }).waitFor()
    expect(await wanting()).toEqual([['+254733000001', words!.trim()]])
    await page.getByRole('link', { name: 'Stop offers by message' }).click()
    await page.locator('[name="contact"]').fill('0733 000 001')
    await page.getByRole('button', { name: 'Stop offers by message' }).click()
    await page.getByRole('heading', { name: 'They are stopped' }).waitFor()
    expect(await wanting()).toEqual([])
  })

  test.each([
    ['phone', 320, 'light', 'sw-KE'],
    ['phone', 320, 'dark', 'en-GB'],
    ['desk', 1280, 'light', 'en-GB'],
    ['desk', 1280, 'dark', 'sw-KE'],
  ] as const)('the pages fit, are light and can be read: %s %i %s %s', async (name, width, colorScheme, locale) => {
    // axe is a script of ours; the pages bring none.
    const page = await visitor({ javaScriptEnabled: true, viewport: { width, height: 640 }, colorScheme, locale })
    const session = await page.context().newCDPSession(page)
    let bytes = 0
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await session.send('Network.enable')
    const plan = await box.json<{ id: string; name: string }[]>('plan', 'list')
    const phone = plan.find((one) => one.name === 'Trial by phone')!
    const problems: string[] = []
    for (const path of ['/join', `/join?plan=${phone.id}`, '/join/code?r=x']) {
      await page.goto(address(path))
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) problems.push(`${path} is too wide`)
      const file = path.replaceAll(/[^a-z]+/g, '-').slice(0, 14)
      await page.screenshot({ path: `${pictures}/${name}-${colorScheme}${file}.png`, fullPage: true })
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
      for (const { id, impact } of violations)
        if (impact === 'serious' || impact === 'critical') problems.push(`${path} ${id}`)
    }
    expect(problems).toEqual([])
    expect(bytes).toBeLessThan(pageBytesMax)
  })
})
