/** The rows of the captive portal: page views beside logins, and how soon who pays is let in. */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import { costed, measureRound, quietRounds } from './bench.ts'
import type { Bench, Outcome, Row } from './bench.ts'
import { fillBox, lango, startBox } from './lango.ts'
import type { Box } from './lango.ts'
import { SECRET } from './policy.ts'
import { median, percentile, whole } from './stats.ts'
import { load } from './tools.ts'

const VIEWS_PER_SECOND = 500
const VIEW_REQUIRED_MS = 50
const BUYERS = 200
const APPROVAL_SPREAD_MS = 20_000
const REQUIRED_MS = { callbacks: 3000, query: 15_000 }
/** How often a page looks, as its script does. */
const LOOK_MS = 1000
const PATIENCE_MS = 120_000
const BUNDLES = [
  ['One hour', '20', '1h'],
  ['One day', '50', '1d'],
  ['One week', '250', '7d'],
] as const

const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }
const shortcode = '174379'
const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
const msisdnOf = (buyer: number): string => `2547${String(10_000_000 + buyer)}`

const startDaraja = (): Promise<DarajaSimulator> =>
  startDarajaSimulator({
    apps: [{ ...app, shortcodes: [{ shortcode, name: 'An estate', kind: 'paybill', passkey }] }],
    customers: Array.from({ length: BUYERS }, (_, buyer) => ({
      msisdn: msisdnOf(buyer),
      name: 'A buyer',
      balance: 1000,
      pin: '1234',
    })),
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })

/** Bundles to sell, and M-Pesa to sell them by. */
async function openShop(data: string, daraja: DarajaSimulator, callbackUrl: string): Promise<void> {
  const speed = ['--kind', 'hotspot', '--down-kbps', '5000', '--up-kbps', '2000']
  for (const [name, price, valid] of BUNDLES)
    await lango(data, 'plan', 'add', name, ...speed, '--price', price, '--valid', valid)
  const settings = { baseUrl: daraja.server, shortcode, passkey, ...app, phone: '+254700000001', callbackUrl }
  for (const [name, value] of Object.entries(settings)) await lango(data, 'setting', 'set', `mpesa.${name}`, value)
}

type Page = { readonly status: number; readonly location: string; readonly text: string }

/** A connection each: one that is kept may be closed by the other side just as it is used again. */
const agent = new Agent({ keepAlive: false, maxSockets: 400 })

async function fetchPage(url: string, form?: Readonly<Record<string, string>>): Promise<Page> {
  const body = form && new URLSearchParams(form).toString()
  const asked = request(url, {
    agent,
    method: body === undefined ? 'GET' : 'POST',
    headers: body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' },
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const pieces = (await answer.toArray()) as Buffer[]
  return {
    status: answer.statusCode ?? 0,
    location: answer.headers.location ?? '',
    text: Buffer.concat(pieces).toString(),
  }
}

const portalOf = ({ ports }: Box): string => `http://127.0.0.1:${ports.portal}`
const firstPage = (box: Box, mac: string): string =>
  `${portalOf(box)}/?mac=${mac}&link-login-only=${encodeURIComponent('http://10.30.0.1/login')}`

/** Views begin when they are due, however long those before them take; in ms, each. */
async function view(box: Box, seconds: number): Promise<number[]> {
  const took: number[] = []
  const started = performance.now()
  const under: Promise<void>[] = []
  for (let sent = 0; sent < VIEWS_PER_SECOND * seconds;) {
    const due = ((performance.now() - started) / 1000) * VIEWS_PER_SECOND
    for (; sent < due; sent++) {
      const at = performance.now()
      const mac = `02:00:00:00:${(sent >> 8) % 100}:${String(sent % 100).padStart(2, '0')}`
      under.push(
        fetchPage(firstPage(box, mac)).then(({ status }) => {
          if (status !== 200) throw new Error(`the portal answered with ${status}`)
          took.push(performance.now() - at)
        }),
      )
    }
    await sleep(2)
  }
  await Promise.all(under)
  return took
}

async function views(bench: Bench): Promise<Outcome> {
  const data = bench.newFolder('portal')
  const daraja = await startDaraja()
  await using box = await startBox({ data, more: ['--portal-port', '0'] })
  await fillBox(data, bench.users)
  await openShop(data, daraja, '')
  const logins = { secret: SECRET, users: bench.users, authPort: box.ports.auth, seconds: bench.seconds }
  const peak = await measureRound(bench, [box.pid], async () => {
    const { auth, cpuShare } = await load(bench.tools, logins)
    return { flow: auth!, cpuShare }
  })
  const authRate = Math.round(peak.rate / 2)
  await view(box, 2)
  async function round(number: number) {
    const [took, { auth }] = await Promise.all([view(box, bench.seconds), load(bench.tools, { ...logins, authRate })])
    const [p95, lost] = [percentile(took, 0.95), auth!.lost]
    bench.say(`  round ${number}: page p95 ${p95.toFixed(1)} ms beside ${whole(authRate)} logins/s, ${lost} lost`)
    return { p95, p50: percentile(took, 0.5), loginP99: auth!.p99Ms, lost }
  }
  const { rounds, notes } = await quietRounds(
    bench.rounds,
    (number) => costed([box.pid], () => round(number)),
    ({ others }) => others,
  )
  await daraja.close()
  const p95 = median(rounds.map((one) => one.p95))
  const lost = rounds.reduce((sum, one) => sum + one.lost, 0)
  return {
    lango: `p95 ${p95.toFixed(1)} ms`,
    peer: '–',
    ratio: '–',
    required: `p95 ≤ ${VIEW_REQUIRED_MS} ms`,
    met: p95 <= VIEW_REQUIRED_MS && lost === 0,
    notes: [
      `p50 ${median(rounds.map((one) => one.p50)).toFixed(1)} ms; ${whole(authRate)} logins/s beside it (half of the peak), their p99 ${median(rounds.map((one) => one.loginP99)).toFixed(1)} ms, ${lost} lost`,
      ...notes,
    ],
  }
}

const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''

/** One buyer, from the first page to the router's address; ms from their approval until they are sent there. */
async function buy(box: Box, daraja: DarajaSimulator, buyer: number, approveAfterMs: number): Promise<number> {
  const mac = `02:00:00:00:${String(Math.floor(buyer / 100)).padStart(2, '0')}:${String(buyer % 100).padStart(2, '0')}`
  const home = (await fetchPage(firstPage(box, mac))).text
  const plan = /name="plan" value="([^"]+)"/.exec(home)?.[1] ?? ''
  const form = { g: hidden(home, 'g'), once: hidden(home, 'once'), phone: `+${msisdnOf(buyer)}`, plan }
  const asked = await fetchPage(`${portalOf(box)}/buy`, form)
  if (asked.status !== 303) throw new Error(`a buyer was answered with ${asked.status}: ${asked.text}`)
  const until = performance.now() + PATIENCE_MS
  while (daraja.openPrompts(msisdnOf(buyer)).length === 0) {
    if (performance.now() > until) throw new Error('a phone was not asked')
    await sleep(100)
  }
  await sleep(approveAfterMs)
  daraja.enterPin(msisdnOf(buyer))
  const approvedAt = performance.now()
  const [path, query] = asked.location.split('?')
  for (let state = 'accepted'; state !== 'granted';) {
    if (performance.now() > until) throw new Error(`a buyer waits, ${state}`)
    await sleep(LOOK_MS)
    state = (await fetchPage(`${portalOf(box)}${path}/state`)).text
  }
  const connect = await fetchPage(`${portalOf(box)}${path}?${query}`)
  const led = await fetchPage(`${portalOf(box)}${connect.location}`)
  if (!led.location.startsWith('http://10.30.0.1/login?username=')) throw new Error('a buyer is led elsewhere')
  return performance.now() - approvedAt
}

async function buyersWith(bench: Bench, way: keyof typeof REQUIRED_MS): Promise<{ p50: number; p95: number }> {
  const data = bench.newFolder(`buyers-${way}`)
  const daraja = await startDaraja()
  await using box = await startBox({ data, more: ['--portal-port', '0'] })
  await openShop(data, daraja, way === 'callbacks' ? portalOf(box) : '')
  const random = seededRandom(7)
  const took = await Promise.all(
    Array.from({ length: BUYERS }, (_, buyer) => buy(box, daraja, buyer, 1000 + random.below(APPROVAL_SPREAD_MS))),
  )
  await daraja.close()
  const [p50, p95] = [percentile(took, 0.5), percentile(took, 0.95)]
  bench.say(`  ${BUYERS} buyers, ${way}: p50 ${(p50 / 1000).toFixed(1)} s, p95 ${(p95 / 1000).toFixed(1)} s`)
  return { p50, p95 }
}

async function buyers(bench: Bench): Promise<Outcome> {
  const callbacks = await buyersWith(bench, 'callbacks')
  const query = await buyersWith(bench, 'query')
  const sec = (ms: number): string => (ms / 1000).toFixed(1)
  return {
    lango: `p95 ${sec(callbacks.p95)} s with callbacks, ${sec(query.p95)} s without`,
    peer: '–',
    ratio: '–',
    required: `p95 ≤ ${sec(REQUIRED_MS.callbacks)} s, ≤ ${sec(REQUIRED_MS.query)} s`,
    met: callbacks.p95 <= REQUIRED_MS.callbacks && query.p95 <= REQUIRED_MS.query,
    notes: [`p50 ${sec(callbacks.p50)} s and ${sec(query.p50)} s`],
  }
}

export const portalRow: Row = {
  id: 'portal',
  work: `the portal's first page, ${VIEWS_PER_SECOND} views a second beside logins at half of the peak`,
  beside: '–',
  run: views,
}

export const buyersRow: Row = {
  id: 'buyers',
  work: `${BUYERS} buyers at once: from the approval on the handset until the portal sends them to the router`,
  beside: '–',
  run: buyers,
}
