/** An ISP with a paybill and a till at the simulator, and an address of its own where callbacks arrive. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { money, secret, type Money } from '@lango/kernel'
import { fakeClock, seededRandom, type FakeClock } from '@lango/kernel/testing'
import { startDarajaSimulator, type DarajaSimulator, type DarajaSimulatorOptions } from './index.ts'

export const amina = '254712345678'
export const baraka = '254112345678'
export const PASSKEY = 'passkey-of-the-paybill'
const INITIATOR_PASSWORD = 'Initiator#1'
export const shillings = (count: number): Money => money(count * 100, 'KES')

const paybill = {
  shortcode: '600984',
  name: 'ISP',
  kind: 'paybill',
  passkey: PASSKEY,
  balance: 100,
  balanceMax: 400_000,
  validates: true,
  initiator: { name: 'testapi', password: INITIATOR_PASSWORD },
} as const
const till = {
  shortcode: '600997',
  name: 'ISP shop',
  kind: 'till',
  till: '5550001',
  passkey: 'passkey-of-till',
} as const

/** What arrived at the ISP, by path, and what it answers. */
export type Inbox = {
  readonly url: (path: string) => string
  readonly bodies: (path: string) => readonly unknown[]
  answer: object | 'silence'
  readonly close: () => Promise<void>
}

const startInbox = async (): Promise<Inbox> => {
  const got: { readonly path: string; readonly body: unknown }[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      got.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) as unknown })
      if (inbox.answer !== 'silence') response.end(JSON.stringify(inbox.answer))
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const inbox: Inbox = {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    bodies: (path) => got.filter((one) => one.path === path).map(({ body }) => body),
    answer: { ResultCode: 0, ResultDesc: 'Accepted' },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
  return inbox
}

export type Isp = {
  readonly clock: FakeClock
  readonly simulator: DarajaSimulator
  readonly inbox: Inbox
  /** Of its paybill, for a driver. */
  readonly config: typeof paybillConfig & { readonly baseUrl: string }
  readonly dependencies: { readonly clock: FakeClock; readonly timers: FakeClock }
  readonly close: () => Promise<void>
}

const paybillConfig = {
  consumerKey: 'key',
  consumerSecret: secret('consumer-secret'),
  shortcode: paybill.shortcode,
  kind: 'paybill',
  passkey: secret(PASSKEY),
} as const

export const startIsp = async (more: Partial<DarajaSimulatorOptions> = {}): Promise<Isp> => {
  const clock = fakeClock()
  const simulator = await startDarajaSimulator({
    apps: [
      { consumerKey: 'key', consumerSecret: 'consumer-secret', shortcodes: [paybill, till] },
      { consumerKey: 'other', consumerSecret: 'other-secret', shortcodes: [] },
    ],
    customers: [
      { msisdn: amina, name: 'Amina Otieno', balance: 300_000, pin: '4321' },
      { msisdn: baraka, name: 'Baraka', balance: 600_000, pin: '1111' },
    ],
    random: seededRandom(7),
    now: clock.now,
    timers: clock,
    ...more,
  })
  const inbox = await startInbox()
  const config = { ...paybillConfig, baseUrl: simulator.server }
  const close = async (): Promise<void> => {
    await simulator.close()
    await inbox.close()
  }
  return { clock, simulator, inbox, config, dependencies: { clock, timers: clock }, close }
}

export const tillConfig = {
  shortcode: till.shortcode,
  kind: 'till',
  till: till.till,
  passkey: secret(till.passkey),
} as const

/** Who may ask for reversals and payouts. Making its keys takes a while, so they are made where they are needed. */
export const initiatorOf = ({ simulator }: Isp, password = INITIATOR_PASSWORD) => ({
  initiator: { name: 'testapi', credential: { password: secret(password), certificate: simulator.certificate } },
})

/** Lets what is under way on this machine come to pass until it has. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}
