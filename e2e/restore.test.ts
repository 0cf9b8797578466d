import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startS3Simulator, type S3Simulator } from '../drivers/simulators/s3.ts'
import { newBox, temporaryFolder, type Box } from './box.ts'
import { photograph, sizes } from './looks.ts'
import { program, radclient, suite } from './peer.ts'

// A box is lost, and somebody stands before a new one with a backup of it: all that they do is done in the browser.

const routerSecret = 'restore-secret'
const password = 'nyani haoni kundule'
const passphrase = 'mti hauendi ila kwa nyenzo'
/** A box starts anew in it, on a machine that others use too. */
const patienceMs = 120_000
const storage = { bucket: 'isp-backups', region: 'eu-west-1', accessKeyId: 'AKIATEST', secretKey: 'storage-secret' }

suite('restore in the browser', () => {
  const folder = temporaryFolder('restore')
  const archive = join(folder, 'pop.backup')
  const old = newBox()
  const boxes: Box[] = []
  let browser: Browser
  let page: Page
  let store: S3Simulator

  const args = ['--web-listen', '0.0.0.0']
  const address = (box: Box, path: string) => `https://127.0.0.1:${box.ports.web}${path}`
  const look = (what: string) => photograph(page, `restore-${what}`)
  const main = () => page.locator('main')
  const press = (name: string) => main().getByRole('button', { name, exact: true }).click()
  const heading = (name: string | RegExp) => main().getByRole('heading', { level: 1, name }).waitFor()

  /** A new box, its setup code typed; the page of backups is open. */
  const atNewBox = async (): Promise<Box> => {
    const box = newBox()
    boxes.push(box)
    await box.start({ args })
    // Its ports stay as they are when it starts again.
    await box.stop()
    await box.start({ args })
    const code = /^SETUP CODE +(\S+)$/m.exec((await box.cli('console')).stdout)![1]!
    await page.goto(address(box, '/'))
    await page.getByLabel('Setup code').fill(code)
    await press('Continue')
    await main().getByRole('link', { name: 'This box replaces another: restore a backup' }).click()
    await heading('Restore a backup')
    return box
  }

  const openBackup = async (typed: string) => {
    await page.getByLabel('Passphrase or recovery key').fill(typed)
    await press('Check all of it')
  }

  const login = (box: Box, typed: string) =>
    radclient(box.ports.auth, 'auth', routerSecret, { 'User-Name': 'amina', 'User-Password': typed })

  /** It answers as the old one did. */
  const isRestored = async (box: Box) => {
    await expect.poll(async () => (await login(box, 'right')).code, { timeout: patienceMs }).toBe('Access-Accept')
    expect((await login(box, 'wrong')).code).toBe('Access-Reject')
    await expect
      .poll(
        () =>
          page.goto(address(box, '/sign-in')).then(
            (answer) => answer?.status(),
            () => 0,
          ),
        {
          timeout: patienceMs,
        },
      )
      .toBe(200)
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await press('Sign in')
    await page.getByText('Wanjiru Kariuki').first().waitFor()
    expect(await box.json('plan', 'list')).toEqual(await old.json('plan', 'list'))
    expect(readdirSync(box.data).filter((name) => name.startsWith('restore'))).toEqual([])
  }

  beforeAll(async () => {
    store = await startS3Simulator(storage)
    await old.start({ args })
    browser = await chromium.launch({ executablePath: program('chromium'), args: ['--no-sandbox'] })
    const context = await browser.newContext({ viewport: sizes[0], ignoreHTTPSErrors: true })
    page = await context.newPage()
    page.setDefaultTimeout(patienceMs)
    const code = /^SETUP CODE +(\S+)$/m.exec((await old.cli('console')).stdout)![1]!
    await page.goto(address(old, '/'))
    await page.getByLabel('Setup code').fill(code)
    await press('Continue')
    await page.getByLabel('Your name').fill('Wanjiru Kariuki')
    await page.getByLabel('Login').fill('wanjiru')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByLabel('Password once more').fill(password)
    await press('Create the owner')
    await main().getByText('Where does this box stand?').waitFor()
    await old.json('router', 'add', 'nas', '--address', '127.0.0.1', '--secret', routerSecret)
    await old.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await old.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Any')
    await old.json('backup', archive, '--passphrase', passphrase)
    const to = ['--to', `s3://${storage.bucket}/kisumu`, '--endpoint', store.endpoint, '--region', storage.region]
    const key = ['--access-key-id', storage.accessKeyId, '--secret-key', storage.secretKey]
    await old.json('backup', 'schedule', '--every', '24h', '--passphrase', passphrase, ...to, ...key)
  }, 3 * patienceMs)
  afterAll(async () => {
    await browser?.close()
    await store?.close()
    for (const box of [old, ...boxes]) await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the box that will be lost has a backup in its storage', { timeout: patienceMs }, async () => {
    await expect.poll(() => store.objects.size, { timeout: patienceMs }).toBe(1)
  })

  test(
    'sent by the browser: what is no backup and a wrong passphrase change nothing; a kill as it begins is made good',
    { timeout: 4 * patienceMs },
    async () => {
      const box = await atNewBox()
      await look('choose')
      await page
        .getByLabel('Backup file')
        .setInputFiles({ name: 'x.backup', mimeType: '', buffer: Buffer.alloc(9000, 7) })
      await press('Send it to the box')
      await heading('Open the backup')
      await openBackup(passphrase)
      await main().getByText('This is no backup of a Lango box').waitFor()
      await press('Choose another')
      await page.getByLabel('Backup file').setInputFiles(archive)
      await press('Send it to the box')
      await heading('Open the backup')
      await look('here')
      await openBackup('a guess of somebody')
      await main().getByText('This is not the passphrase or recovery key').waitFor()
      await look('wrong')
      await openBackup(passphrase)
      await heading(/^Become .+\?$/)
      await look('ready')

      // The power goes before it is decided: this is the new box still, and asks for its code.
      await box.kill()
      await box.start({ args })
      expect((await box.cli('console')).stdout).toMatch(/^SETUP CODE/m)
      expect(readdirSync(box.data).filter((name) => name.startsWith('restore'))).toEqual([])
      const code = /^SETUP CODE +(\S+)$/m.exec((await box.cli('console')).stdout)![1]!
      await page.goto(address(box, '/setup/restore'))
      await page.getByLabel('Setup code').fill(code)
      await press('Continue')
      await page.goto(address(box, '/setup/restore'))
      await page.getByLabel('Backup file').setInputFiles(archive)
      await press('Send it to the box')
      await openBackup(passphrase)
      await heading(/^Become .+\?$/)
      await press('Become this box')
      await heading(/^This box starts as /)
      // And now as it has begun.
      await box.kill()
      await look('begun')
      await box.start({ args })
      await isRestored(box)
      await page.context().clearCookies()
    },
  )

  test(
    'from storage, without a hand on the process: the box starts anew as the restored one',
    { timeout: 4 * patienceMs },
    async () => {
      const box = await atNewBox()
      await main().getByText('From S3-compatible storage').click()
      await page.getByLabel('Where backups are').fill(`s3://${storage.bucket}/kisumu`)
      await page.getByLabel('Address of the storage').fill(store.endpoint)
      await page.getByLabel('Region').fill(storage.region)
      await page.getByLabel('Access key id').fill(storage.accessKeyId)
      await page.getByLabel('Secret key').fill('a guess')
      await press('Show what is there')
      await main().getByText('The storage refuses the key').waitFor()
      await look('storage-refused')
      await page.getByLabel('Secret key').fill(storage.secretKey)
      await press('Show what is there')
      await heading('Which backup?')
      await look('listed')
      await press('Use this one')
      await heading('Open the backup')
      await openBackup(passphrase)
      await heading(/^Become .+\?$/)
      await press('Become this box')
      await heading(/^This box starts as /)
      await isRestored(box)
      const shown = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
      await shown.goto(address(box, '/setup/restore'))
      expect(new URL(shown.url()).pathname).toBe('/sign-in')
      expect((await box.cli('console')).stdout).not.toContain('SETUP CODE')
    },
  )

  test('from storage on the command line, the newest there is', { timeout: 2 * patienceMs }, async () => {
    const box = newBox()
    boxes.push(box)
    const at = ['--endpoint', store.endpoint, '--region', storage.region, '--access-key-id', storage.accessKeyId]
    const from = `s3://${storage.bucket}/kisumu`
    const wrong = await box.cli('restore', from, ...at, '--secret-key', 'a guess', '--passphrase', passphrase)
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('refuses the key')])
    const key = ['--secret-key', storage.secretKey, '--passphrase', passphrase]
    const done = await box.cli('restore', from, ...at, ...key)
    expect(done.code, done.stderr).toBe(0)
    expect(readdirSync(box.data).filter((name) => name.startsWith('restore'))).toEqual([])
    await box.start()
    expect((await login(box, 'right')).code).toBe('Access-Accept')
  })
})
