import { writeFileSync } from 'node:fs'
import { createServer, connect, type Server } from 'node:net'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { newBox } from './box.ts'
import { createLab, GATEWAY, INTERNET, phoneMac, type Lab } from './gateway/lab.ts'
import { startDaraja, useDaraja } from './mpesa.ts'
import { suite } from './peer.ts'

// A browser in the phone's own network: the gateway, the portal and M-Pesa as a stranger meets them.

const secret = 'a-secret-of-the-gateway'
const amina = '254708374149'
const soon = { timeout: 25_000, interval: 200 }
const ELSEWHERE = 'http://news.example/today'

suite('gateway and portal', () => {
  const box = newBox()
  let lab: Lab
  let gateway: Awaited<ReturnType<Lab['gateway']>>
  let daraja: DarajaSimulator
  let wire: Server
  let browser: Browser
  let page: Page

  /** Daraja stands outside of the namespaces: one port of the box leads there. */
  const wireDaraja = async (): Promise<void> => {
    const port = Number(new URL(daraja.server).port)
    const file = join(lab.folder, 'daraja.sock')
    wire = createServer((socket) => {
      const onward = connect(port, '127.0.0.1')
      for (const end of [socket, onward]) end.on('error', () => [socket, onward].forEach((one) => one.destroy()))
      socket.pipe(onward).pipe(socket)
    })
    await new Promise<void>((done) => wire.listen(file, done))
    await lab.portal.ask('forward', { port, file })
  }

  beforeAll(async () => {
    lab = await createLab()
    daraja = await startDaraja(amina)
    await wireDaraja()
    await box.start({ under: lab.under, listen: '0.0.0.0', args: ['--portal-port', '0'] })
    await useDaraja(box, daraja)
    await box.json('router', 'add', 'gateway', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'chillispot')
    const sold = ['--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '2000', '--devices', '1', '--valid', '1d']
    await box.json('plan', 'add', 'One day', ...sold, '--price', '50')
    const secretFile = join(lab.folder, 'secret')
    writeFileSync(secretFile, secret)
    const { auth, acct, portal } = box.ports
    const sides = ['--lan', 'br0', '--wan', 'wan0', '--address', `${GATEWAY}/16`, '--dns', INTERNET]
    const radius = ['--auth-port', `${auth}`, '--acct-port', `${acct}`, '--secret-file', secretFile]
    const kept = ['--state-dir', join(lab.folder, 'state'), '--portal', `http://${GATEWAY}:${portal}/`]
    gateway = await lab.gateway([...sides, ...radius, ...kept])
    browser = await chromium.launch({
      executablePath: lab.programInside('phone1', 'chromium'),
      args: ['--no-sandbox'],
    })
    page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await box.remove()
    lab.remove()
    wire?.close()
    await daraja?.close()
  })

  /** A browser keeps what a name led to for a minute: of one that is new to it, it asks. */
  const isOnline = async (name: string): Promise<void> => {
    await page.getByText('You are online').waitFor({ timeout: soon.timeout })
    await page.goto(`http://${name}.example/today`)
    expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ hello: '/today' })
  }
  const devices = async () => (await box.json<{ device: string }[]>('session', 'list')).map(({ device }) => device)

  test('a stranger asks for a page, buys at the portal, and is online without typing a code', async () => {
    await page.goto(ELSEWHERE)
    expect(new URL(page.url()).hostname).toBe(GATEWAY)
    await page.getByLabel('M-Pesa number').fill('0708 374 149')
    await page.getByRole('button', { name: 'One day' }).click()
    await page.getByText('Check your phone').waitFor()
    await expect.poll(() => daraja.openPrompts(amina).length, soon).toBe(1)
    daraja.enterPin(amina)
    await isOnline('first')
    expect(await devices()).toEqual([phoneMac(1).toUpperCase()])
  })

  test('a phone that comes back under another hardware address is online with a tap or two', async () => {
    await lab.inside('phone1', 'ip', 'link', 'set', 'wlan0', 'address', '02:00:00:00:40:99')
    // DHCP gives the stranger another address.
    await lab.inside('phone1', 'ip', 'address', 'flush', 'dev', 'wlan0')
    await lab.inside('phone1', 'ip', 'address', 'add', '10.40.0.99/16', 'dev', 'wlan0')
    await lab.inside('phone1', 'ip', 'route', 'add', 'default', 'via', GATEWAY)
    await page.goto(ELSEWHERE)
    await page.getByRole('link', { name: 'Connect again' }).click()
    await page.getByText('All places are taken').waitFor()
    await page.getByRole('button', { name: 'Disconnect it' }).click()
    await expect.poll(devices, soon).toEqual([])
    await page.getByRole('link', { name: 'Connect' }).click()
    await isOnline('second')
    expect(await devices()).toEqual(['02:00:00:00:40:99'])
  })

  test('a phone on the Wi-Fi that scans a voucher before it was ever led anywhere is online with two taps', async () => {
    for (const { acctSessionId } of await box.json<{ acctSessionId: string }[]>('session', 'list'))
      await box.json('session', 'disconnect', acctSessionId)
    await expect.poll(devices, soon).toEqual([])
    const [code] = await box.json<string[]>('voucher', 'issue', '--plan', 'One day', '--count', '1')
    await page.context().clearCookies()
    await page.goto(`http://${GATEWAY}:${box.ports.portal}/voucher?code=${code}`)
    await page.getByRole('button', { name: 'Use this code' }).click()
    await page.getByRole('link', { name: 'Connect' }).click()
    await isOnline('third')
    expect(await box.json('voucher', 'show', code!)).toMatchObject({ state: 'used' })
    expect(await devices()).toEqual(['02:00:00:00:40:99'])
    expect(gateway.output()).not.toContain('"level":50')
  })
})
