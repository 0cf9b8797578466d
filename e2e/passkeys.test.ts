import { createHash, X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox } from './box.ts'
import { faultsOf, pictures } from './looks.ts'
import { program, suite } from './peer.ts'

// Over https by a name of the box's own, with its own certificate: the browser believes the box's authority by its key,
// as one does that has it installed. The authenticator is Chromium's, which keeps real keys.

const name = 'pop.lango.test'
const password = 'nyani haoni kundule'
const firstLoadBytesMax = 150_000
const sizes = [
  { name: 'desk', width: 1280, height: 800 },
  { name: 'phone', width: 360, height: 740 },
] as const

suite('passkeys', () => {
  const box = newBox()
  let browser: Browser
  let page: Page
  let cdp: CDPSession
  let authenticatorId = ''

  const origin = () => `https://${name}:${box.ports.web}`
  const panel = () => page.locator('#passkeys')
  /** Sends a form of the desk from the page that is open: the name is the browser's alone to find. */
  const send = (path: string, fields: Record<string, string>) =>
    page.evaluate(
      `fetch(${JSON.stringify(path)}, { method: 'POST', body: new URLSearchParams(${JSON.stringify(fields)}) })`,
    )
  const signOut = () => send('/sign-out', {})
  const addAuthenticator = async (): Promise<void> => {
    cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const
    ;({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options }))
  }
  const confirm = async (): Promise<void> => {
    await page.goto(`${new URL(page.url()).origin}/me`)
    await panel().getByLabel('Present password').fill(password)
    await panel().getByRole('button', { name: 'Confirm', exact: true }).click()
    await panel().getByText('It is you.').waitFor()
  }
  const add = async (called: string): Promise<void> => {
    await panel().getByLabel('Name').fill(called)
    await panel().getByRole('button', { name: 'Add a passkey' }).click()
  }
  const photograph = async (what: string): Promise<void> => {
    for (const { name: size, ...viewport } of sizes) {
      await page.setViewportSize(viewport)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        expect(await faultsOf(page)).toEqual([])
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        expect(width, `${what} ${size}`).toBeLessThanOrEqual(viewport.width)
        await page.evaluate('scrollTo(0, 0)')
        await page.screenshot({ path: `${pictures}/${what}-${size}-${colorScheme}.png`, fullPage: true })
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  }

  beforeAll(async () => {
    await box.start({ args: ['--web-listen', '0.0.0.0', '--web-name', name] })
    const { stdout: authority } = await box.cli('tls', 'show')
    const spki = new X509Certificate(authority).publicKey.export({ type: 'spki', format: 'der' })
    const pin = createHash('sha256').update(spki).digest('base64')
    browser = await chromium.launch({
      executablePath: program('chromium'),
      args: [
        '--no-sandbox',
        `--host-resolver-rules=MAP ${name} 127.0.0.1`,
        `--ignore-certificate-errors-spki-list=${pin}`,
      ],
    })
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    await addAuthenticator()
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
  })

  test('the certificate that the box made has the name in it', async () => {
    const { stdout: ca } = await box.cli('tls', 'show')
    const socket = connect({ host: '127.0.0.1', port: box.ports.web, servername: name, ca })
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    socket.once('secureConnect', () => resolve(socket.authorized)).once('error', reject)
    expect(await promise).toBe(true)
    socket.destroy()
  })

  test('a person confirms who they are and adds a passkey', async () => {
    await page.goto(origin() + new URL(box.web).search)
    await page.goto(`${origin()}/first-run`)
    await page.getByLabel('Your name').fill('Wanjiru Kariuki')
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByLabel('Password once more').fill(password)
    await page.getByRole('button', { name: 'Create the owner' }).click()
    await page.goto(`${origin()}/me`)
    expect(await panel().getByRole('button', { name: 'Add a passkey' }).count()).toBe(0)
    await photograph('passkeys-none')
    await confirm()
    await add('My phone')
    await panel().getByText('The passkey is added').waitFor()
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    expect(credentials).toMatchObject([{ rpId: name, isResidentCredential: true }])
    await photograph('passkeys-one')
    await page.goto(`${origin()}/staff`)
    await page.locator('main').getByRole('link', { name: 'wanjiru' }).first().click()
    await panel().getByRole('button', { name: 'Remove' }).waitFor()
    await photograph('passkeys-staff')
  })

  test('the same device holds one passkey of a person, and says so', async () => {
    await page.goto(`${origin()}/me`)
    await add('Once more')
    await panel().getByText('This device holds a passkey of yours').waitFor()
    expect(await panel().getByRole('alert').count()).toBe(1)
  })

  test('she signs in with it, by keyboard alone, and comes where she wanted to', async () => {
    await signOut()
    const answer = await page.goto(`${origin()}/staff`)
    expect(answer?.status()).toBe(200)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
    await photograph('passkeys-sign-in')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Staff' }).first().waitFor()
    expect(new URL(page.url()).pathname).toBe('/staff')
  })

  test('a passkey confirms who she is, too; cancelled, it says so and changes nothing', async () => {
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await page.goto(`${origin()}/me`)
    await panel().getByRole('button', { name: 'Confirm with a passkey' }).click()
    await panel().getByRole('alert').getByText('Nothing came of it').waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Confirm with a passkey')
    await photograph('passkeys-cancelled')
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    await page.goto(`${origin()}/me`)
    await panel().getByRole('button', { name: 'Confirm with a passkey' }).click()
    await panel().getByText('It is you.').waitFor()
  })

  test('in Swahili, and renamed', async () => {
    await panel().getByRole('link', { name: 'Rename' }).click()
    await panel().getByLabel('New name for My phone').fill('Simu ya ofisi')
    await panel().getByRole('button', { name: 'Save' }).click()
    await panel().getByText('Simu ya ofisi').first().waitFor()
    await send('/preferences', { lang: 'sw' })
    await page.goto(`${origin()}/me`)
    await page.getByRole('heading', { name: 'Funguo za siri' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('sw')
    await photograph('passkeys-sw')
    await send('/preferences', { lang: 'en' })
  })

  test('once it is removed it opens nothing, and the password does', async () => {
    await page.goto(`${origin()}/me`)
    await panel().getByRole('button', { name: 'Remove' }).click()
    await panel().getByText('The passkey opens nothing any more').waitFor()
    await signOut()
    await page.goto(`${origin()}/sign-in`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('This passkey does not open this box').waitFor()
    await photograph('passkeys-refused')
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  test('the page to sign in is light, and complete without a script', async () => {
    await signOut()
    const context = await browser.newContext({ javaScriptEnabled: false })
    const plain = await context.newPage()
    await plain.goto(`${origin()}/sign-in`)
    expect(await plain.getByRole('button').allTextContents()).toEqual(['Sign in'])
    await context.close()
    const fresh = await browser.newContext()
    const first = await fresh.newPage()
    const counting = await fresh.newCDPSession(first)
    let bytes = 0
    counting.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await counting.send('Network.enable')
    await first.goto(`${origin()}/sign-in`, { waitUntil: 'networkidle' })
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThanOrEqual(firstLoadBytesMax)
    await fresh.close()
  })

  test('by its address the box offers none and says why; on one’s own machine localhost will do', async () => {
    await box.stop()
    await box.start()
    await page.goto(`http://127.0.0.1:${box.ports.web}/sign-in`)
    expect(await page.getByText('passkey').count()).toBe(0)
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    await page.goto(`http://127.0.0.1:${box.ports.web}/me`)
    await panel().getByText('Passkeys belong to a name').waitFor()
    expect(await panel().getByRole('button').count()).toBe(0)
    await photograph('passkeys-no-name')
    await page.goto(`http://localhost:${box.ports.web}/sign-in`)
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    await confirm()
    await add('Trial')
    await panel().getByText('The passkey is added').waitFor()
    await signOut()
    await page.goto(`http://localhost:${box.ports.web}/sign-in`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('heading', { name: 'Home' }).waitFor()
  })
})
