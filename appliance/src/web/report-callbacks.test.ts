import { afterEach, expect, test } from 'vitest'
import { Hono } from 'hono'
import { err, orThrow, seededRandom, type Fault } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import type { z } from 'zod'
import { access } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { createMessageDelivery, listMessages, messages, setSender, testMessage } from '@lango/modules/messages'
import { payments } from '@lango/modules/payments'
import { offers } from '@lango/modules/offers'
import { plans } from '@lango/modules/plans'
import { services } from '@lango/modules/services'
import { wallets } from '@lango/modules/wallets'
import { settings } from '@lango/modules/settings'
import { startAfricasTalkingSimulator } from '../../../drivers/simulators/africastalking.ts'
import { startSmsGatewaySimulator } from '../../../drivers/simulators/sms-gateway.ts'
import { startTwilioSimulator } from '../../../drivers/simulators/twilio.ts'
import { callbacksOf } from '../callbacks.ts'
import { createMessageSending } from '../messages/drivers.ts'
import { serveWeb } from './serve.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A box that sends by real drivers to a server of a provider, and is reached by it. */
const boxThatSends = async (smsServer?: string) => {
  const late: { now?: () => number; sending?: ReturnType<typeof createMessageSending> } = {}
  const delivery = createMessageDelivery({
    senderOf: (channel) => late.sending!.senderOf(channel),
    textOf: (no) => late.sending!.textOf(no),
    reportUrlOf: (channel, message) => late.sending!.reportUrlOf(channel, message),
    clock: { now: () => late.now!() },
  })
  const modules = [settings, messages, access, plans, ledger, customers, wallets, services, offers, payments]
  const site = memorySite(modules, { jobs: [delivery] })
  const { database, vault, clock, log } = site
  late.now = clock.now
  late.sending = createMessageSending({
    reader: database.raw,
    vault,
    clock,
    log,
    hostName: 'pop',
    smsServer,
    allowsLoopback: true,
  })
  const disk: { fault?: Fault } = {}
  const dispatcher = { ...site.dispatcher, dispatch: site.dispatcher.dispatch.bind(site.dispatcher) }
  const synced = (): ReturnType<typeof dispatcher.synced> =>
    disk.fault ? (Promise.resolve(err(disk.fault)) as never) : dispatcher.synced()
  const callbacks = callbacksOf({ ...site, dispatcher: { ...dispatcher, synced } }, log)
  const app = new Hono().route('/callbacks', callbacks)
  const web = orThrow(await serveWeb({ app, port: 0 }))
  ends.push(() => web.close())
  const reportsUrl = `http://127.0.0.1:${web.port}`
  const setUp = (sender: object): string | null =>
    site.must(setSender, {
      sender: { prefixes: ['+254'], reportsUrl, ...sender } as z.input<(typeof setSender)['input']>['sender'],
    }).reportUrl
  const send = async () => {
    site.must(testMessage, { channel: 'sms', to: '+254712345678' })
    await site.runJobs()
  }
  const last = () => site.query(listMessages, {})[0]!
  return { ...site, app, disk, setUp, send, last }
}

test('Twilio is told where, and what it signs is believed of the message that it is about', async () => {
  const keys = { account: `AC${'0'.repeat(32)}`, authToken: 'token-of-the-isp' }
  const twilio = await startTwilioSimulator(keys)
  ends.push(() => twilio.close())
  const { setUp, send, last, count } = await boxThatSends(twilio.server)
  setUp({ driver: 'twilio', account: keys.account, secret: keys.authToken, sender: 'LANGO' })
  await send()
  expect(last().state).toBe('accepted')
  const commands = count({ name: 'commands' })
  expect(await twilio.report(0, 'sent')).toBe(204)
  expect(await twilio.report(0, 'delivered', { signedBy: 'another token' })).toBe(204)
  expect([last().state, count({ name: 'commands' })]).toEqual(['accepted', commands])
  expect(await twilio.report(0, 'undelivered', { errorCode: 30003 })).toBe(204)
  expect(last()).toMatchObject({ state: 'undelivered', reason: 'the phone could not be reached (30003)' })
  await send()
  for (let times = 0; times < 3; times++) expect(await twilio.report(1, 'delivered')).toBe(204)
  expect(last()).toMatchObject({ state: 'delivered', reason: null })
  expect(await twilio.report(1, 'failed', { errorCode: 30008 })).toBe(204)
  expect(last().state).toBe('delivered')
})

test('Africa’s Talking tells at the address of the account, which is told it by hand', async () => {
  const simulator = await startAfricasTalkingSimulator({ username: 'isp', apiKey: 'key' })
  ends.push(() => simulator.close())
  const { setUp, send, last } = await boxThatSends(simulator.server)
  const url = setUp({ driver: 'africastalking', username: 'isp', secret: 'key' })!
  await send()
  await send()
  expect(await simulator.report(url, 1, 'Buffered')).toBe(204)
  expect(last().state).toBe('accepted')
  expect(await simulator.report(url, 1, 'Failed', 'UserInBlackList')).toBe(204)
  expect(last()).toMatchObject({ state: 'undelivered', reason: 'UserInBlackList' })
  expect(await simulator.report(url, 1, 'Success')).toBe(204)
  expect(last().state).toBe('delivered')
})

test('another gateway tells where the message said, or at the address of the account, by POST or GET', async () => {
  const simulator = await startSmsGatewaySimulator({ key: 'k' })
  ends.push(() => simulator.close())
  const { setUp, send, last, app } = await boxThatSends()
  const url = setUp({
    driver: 'http',
    address: `${simulator.server}/send`,
    body: 'to={number}&message={text}&apikey={key}&dlr={report}',
    idField: 'messages.0.id',
    secret: 'k',
  })!
  await send()
  expect(await simulator.report(0, { status: 'EXPIRED' })).toBe(204)
  expect(last()).toMatchObject({ state: 'undelivered', reason: 'EXPIRED' })
  await send()
  const told = await app.request(`${new URL(url).pathname}?id=gw-2&status=DELIVRD`)
  expect([told.status, last().state]).toEqual([204, 'delivered'])
})

test('strangers leave nothing behind, whatever they post, and what is too long is not read', async () => {
  const simulator = await startAfricasTalkingSimulator({ username: 'isp', apiKey: 'key' })
  ends.push(() => simulator.close())
  const { setUp, send, last, app, count, log } = await boxThatSends(simulator.server)
  const url = new URL(setUp({ driver: 'africastalking', username: 'isp', secret: 'key' })!)
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>) => app.request(path, { method: 'POST', body })
  await send()
  const before = [last().state, count({ name: 'commands' })]
  const random = seededRandom(5)
  const truth = 'id=ATXid_1&status=Success&phoneNumber=%2B254712345678'
  for (const path of [`${url.pathname}0`, `/callbacks/04${'0'.repeat(52)}`, `/callbacks/05${'0'.repeat(40)}`]) {
    const answer = await post(path, truth)
    expect([answer.status, await answer.text()]).toEqual([204, ''])
  }
  for (const body of ['', 'null', truth.replace('ATXid_1', 'ATXid_9'), 'x'.repeat(100_000), random.bytes(500)])
    expect((await post(url.pathname, body as string)).status).toBe(204)
  expect([last().state, count({ name: 'commands' })]).toEqual(before)
  expect(log.lines.filter(({ msg }) => msg.includes('too long'))).toHaveLength(1)
})

test('no 2xx leaves before it is on disk', async () => {
  const simulator = await startAfricasTalkingSimulator({ username: 'isp', apiKey: 'key' })
  ends.push(() => simulator.close())
  const { setUp, send, disk } = await boxThatSends(simulator.server)
  const url = setUp({ driver: 'africastalking', username: 'isp', secret: 'key' })!
  await send()
  disk.fault = { type: 'DiskFailed' }
  expect(await simulator.report(url, 0, 'Success')).toBe(503)
  // It was committed and may be lost: a repeat is no reason to say that it is there.
  expect(await simulator.report(url, 0, 'Success')).toBe(503)
  delete disk.fault
  expect(await simulator.report(url, 0, 'Success')).toBe(204)
})
