/** `npm start`: a demonstration POP. A box on free ports, a few made-up subscribers, and a simulated router that keeps them busy. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mikrotikFiles } from '@lango/captive-portal'
import { createLog, systemRandom } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { faultSentence } from './cli/faults.ts'
import { startBox, type Box } from './compose.ts'
import { startDemoHotspot, startDemoMoney, startDemoRouter, type SimulatedSubscriber } from './drivers.ts'
import { startDemoMail } from './messages/drivers.ts'
import { runOwn } from './run-named.ts'

const DATA_DIR = join(import.meta.dirname, '../../demo-data')
const NAS_ADDRESS = '127.0.0.1'
const NAS_NAME = 'demo-router'
const HOTSPOT_ADDRESS = '127.0.0.2'
const HOTSPOT_NAME = 'demo-hotspot'
const INTERIM_MS = 2000

const names = [
  'Amina Otieno',
  'Baraka Mwangi',
  'Chebet Koech',
  'Daudi Kamau',
  'Esther Njeri',
  'Faraji Odhiambo',
  'Grace Wanjiru',
  'Hamisi Juma',
  'Imani Achieng',
  'Jabali Kiptoo',
  'Kendi Muthoni',
  'Lulu Hassan',
]
const plans = [
  { name: 'Demo Home 10M', downKbps: 10_000, upKbps: 2_000, priceMinor: 150_000 },
  { name: 'Demo Home 20M', downKbps: 20_000, upKbps: 5_000, priceMinor: 250_000 },
  { name: 'Demo Office 50M', downKbps: 50_000, upKbps: 20_000, priceMinor: 650_000 },
] as const
const bundles = [
  { name: 'Demo one hour', validitySec: 3600, priceMinor: 2000 },
  { name: 'Demo one day', validitySec: 86_400, priceMinor: 5000 },
] as const

const random = systemRandom()
const log = createLog({ level: 'warn', sink: process.stderr })

/** What an earlier demo made up, so that a second start finds its subscribers again. */
type Demo = {
  readonly secret: string
  readonly subscribers: readonly SimulatedSubscriber[]
  readonly you: Pick<SimulatedSubscriber, 'login' | 'password'>
}

const inventDemo = (): Demo => ({
  secret: random.bytes(18).toString('base64url'),
  you: { login: 'demo-you', password: random.bytes(9).toString('base64url') },
  subscribers: names.map((name, index) => ({
    login: `demo-${name.split(' ')[0]!.toLowerCase()}`,
    password: random.bytes(9).toString('base64url'),
    mac: `02:DE:00:00:00:${(index + 1).toString(16).padStart(2, '0').toUpperCase()}`,
  })),
})

const readDemo = (): Demo => {
  const file = join(DATA_DIR, 'demo.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Demo
  const demo = inventDemo()
  writeFileSync(file, JSON.stringify(demo), { mode: 0o600 })
  return demo
}

/** Makes what the demo needs; what is there already is refused, and stays as it is. */
const fill = (box: Box, demo: Demo, coaPorts: { readonly nas: number; readonly hotspot: number }): void => {
  const run = (name: string, input: unknown): unknown => runOwn(box.site, name, input, { actor: system('demo') })
  for (const [name, address, coaPort] of [
    [NAS_NAME, NAS_ADDRESS, coaPorts.nas],
    [HOTSPOT_NAME, HOTSPOT_ADDRESS, coaPorts.hotspot],
  ]) {
    run('routers.add', { name, address, secret: demo.secret, vendor: 'mikrotik', coaPort })
    run('routers.set', { name, coaPort })
  }
  for (const { name, downKbps, upKbps, priceMinor } of plans) {
    const policy = { downKbps, upKbps, deviceLimit: 1 }
    run('plans.add', { name, kind: 'pppoe', policy, priceMinor, currency: 'KES' })
  }
  for (const sender of mail.senders) run('messages.setSender', { sender })
  for (const selfRegistration of ['phone', 'email']) {
    const policy = { downKbps: 2000, upKbps: 1000, deviceLimit: 1 }
    const name = `Demo trial by ${selfRegistration}`
    run('plans.add', { name, kind: 'hotspot', policy, validitySec: 86_400, selfRegistration })
  }
  for (const { name, validitySec, priceMinor } of bundles) {
    const policy = { downKbps: 5000, upKbps: 2000, deviceLimit: 1 }
    run('plans.add', { name, kind: 'hotspot', policy, validitySec, priceMinor, currency: 'KES' })
  }
  run('payments.setMpesa', money.settings)
  run('subscribers.add', { ...demo.you, plan: plans[0].name, name: 'You (demo)' })
  demo.subscribers.forEach(({ login, password }, index) => {
    const plan = plans[index % plans.length]!.name
    run('subscribers.add', { login, password, plan, name: `${names[index]} (demo)` })
  })
}

const mail = await startDemoMail((to, text) => {
  process.stdout.write(`\n  Simulated message to ${to}:\n  ${text}\n`)
})
const money = await startDemoMoney(random, { now: Date.now })
const started = await startBox({
  dir: DATA_DIR,
  listen: NAS_ADDRESS,
  authPort: 0,
  acctPort: 0,
  radsecPort: 0,
  webPort: 0,
  webListen: NAS_ADDRESS,
  portalPort: 0,
  portalTlsPort: undefined,
  webNames: [],
  demo: true,
  env: process.env,
  onTimeZone: () => undefined,
  logLevel: 'warn',
  log,
  loginP95MsMax: 100,
  webhooksToLoopback: true,
  smsServer: mail.smsServer,
  image: undefined,
  pairPort: 0,
  onStandby: () => undefined,
  onRestored: () => undefined,
  onFatal(why, error) {
    log.error('the demo ends', { why, error })
    process.exit(70)
  },
})
if (!started.ok) {
  process.stderr.write(`lango: ${faultSentence(started.error)}\n`)
  process.exit(1)
}
const box = started.value
const demo = readDemo()
const nas = await startDemoRouter({
  server: { address: NAS_ADDRESS, authPort: box.ports.auth, acctPort: box.ports.acct },
  secret: demo.secret,
  name: NAS_NAME,
  address: NAS_ADDRESS,
  coaPort: 0,
  interimMs: INTERIM_MS,
  random,
  log,
})
const hotspot = await startDemoHotspot({
  radius: { address: NAS_ADDRESS, authPort: box.ports.auth, acctPort: box.ports.acct },
  secret: demo.secret,
  nasAddress: HOTSPOT_ADDRESS,
  identity: HOTSPOT_NAME,
  html: mikrotikFiles(`http://${NAS_ADDRESS}:${box.ports.portal}`),
  walledGarden: [`${NAS_ADDRESS}:${box.ports.portal}`],
  interimMs: INTERIM_MS,
  random,
  log,
})
fill(box, demo, { nas: nas.coaPort, hotspot: hotspot.coaPort })
nas.bring(demo.subscribers)
await hotspot.boot()

process.stdout.write(`
Lango demo POP, with made-up subscribers on a simulated router.

  Live page        ${box.deskAddress}
                   (opens once; for another address: bin/lango web-token --data demo-data)
  Portal           ${hotspot.address}
                   (as a phone on the hotspot sees it)
  Authentication   ${NAS_ADDRESS}:${box.ports.auth}  UDP
  Accounting       ${NAS_ADDRESS}:${box.ports.acct}  UDP
  RadSec           ${NAS_ADDRESS}:${box.ports.radsec}  TCP

Try a login of your own (Debian: apt install freeradius-utils):

  echo 'User-Name=${demo.you.login},User-Password=${demo.you.password},Message-Authenticator=0x00' |
    radclient ${NAS_ADDRESS}:${box.ports.auth} auth ${demo.secret}

Register as a stranger would, at ${new URL(box.deskAddress).origin}/join: codes come
to this terminal, by a simulated SMS provider and mail server that reach nobody.

Buy a bundle as a stranger at the hotspot: open the portal, type any Kenyan number, and approve on the
simulated handset of that number at ${money.handset}
(no money moves). The session, the payment and its ledger entries stand on the desk.

Everything is in demo-data. Ctrl-C ends the demo.
`)

const stop = async (): Promise<void> => {
  await nas.stop()
  await hotspot.stop()
  await box.stop()
  await mail.stop()
  await money.stop()
  process.exit(0)
}
process.once('SIGTERM', () => void stop()).once('SIGINT', () => void stop())
