import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import {
  createMessageDelivery,
  createReportGate,
  hearReport,
  listMessages,
  messageReportUrl,
  messages,
  setSender,
  testMessage,
} from './index.ts'
import type { DeliveryReport, SendOutcome } from './port.ts'
import { afterReport } from './report-rules.ts'

const AMINA = '+254712345678'
const sms = {
  driver: 'africastalking' as const,
  username: 'isp',
  prefixes: ['+254'],
  secret: 'key',
  reportsUrl: 'https://pop.example.com/',
}
const told = (more: Partial<DeliveryReport> = {}): DeliveryReport => ({
  providerId: 'p1',
  recipient: undefined,
  state: 'delivered',
  reason: null,
  ...more,
})
const FAILED = { state: 'undelivered', reason: 'AbsentSubscriber' } as const

/** A box that sends, and whose provider says what the test has it say. */
const siteWith = (more: Partial<typeof sms> = {}) => {
  const world: { outcome: SendOutcome | Promise<SendOutcome> } = { outcome: { type: 'accepted', providerId: 'p1' } }
  const late: { now?: () => number } = {}
  const delivery = createMessageDelivery({
    senderOf: () => ({ send: () => Promise.resolve(world.outcome) }),
    textOf: () => ({ reveal: () => 'text' }) as never,
    reportUrlOf: () => undefined,
    clock: { now: () => late.now!() },
  })
  const site = memorySite([messages], { jobs: [delivery] })
  late.now = site.clock.now
  const { reportUrl } = site.must(setSender, { sender: { ...sms, ...more } })
  const gate = createReportGate(site.database.raw, site.vault)
  const send = () => site.must(testMessage, { channel: 'sms', to: AMINA })
  const row = () => site.query(listMessages, {})[0]!
  const tokenOf = (url: string | null | undefined): string => url!.split('/').at(-1)!
  const ownToken = () =>
    tokenOf(messageReportUrl(site.vault, { ...sms, sender: '' }, { no: row().no, createdAt: row().createdAt }))
  /** Told at an address; answers whether it was news. */
  const tell = (token: string, report: DeliveryReport): boolean => {
    const subject = gate.subjectOf(token)
    const news = subject && gate.newsIn(subject, report)
    return news ? (site.must(hearReport, news) as { isNews: boolean }).isNews : false
  }
  return { ...site, world, gate, send, row, ownToken, tell, accountToken: () => tokenOf(reportUrl), reportUrl }
}

test('a message that was taken has arrived, or has not, when its provider says so, and once', async () => {
  const { send, runJobs, row, tell, accountToken, count } = siteWith()
  send()
  await runJobs()
  expect(row().state).toBe('accepted')
  expect(tell(accountToken(), told(FAILED))).toBe(true)
  expect(row()).toMatchObject(FAILED)
  expect(tell(accountToken(), told())).toBe(true)
  expect(row()).toMatchObject({ state: 'delivered', reason: null })
  const commands = count({ name: 'commands' })
  for (const report of [told(), told(FAILED)]) expect(tell(accountToken(), report)).toBe(false)
  expect([row().state, count({ name: 'commands' }) - commands]).toEqual(['delivered', 0])
})

test('a report that is faster than the answer counts when that is written down, and one of another message does not', async () => {
  const { send, runJobs, row, tell, accountToken } = siteWith()
  send()
  expect(tell(accountToken(), told({ ...FAILED, recipient: AMINA }))).toBe(true)
  expect(row().state).toBe('waiting')
  await runJobs()
  expect(row()).toMatchObject(FAILED)
  send()
  expect(tell(accountToken(), told({ ...FAILED, providerId: 'of another', recipient: AMINA }))).toBe(true)
  await runJobs()
  expect(row()).toMatchObject({ state: 'accepted', reason: null, early: null })
})

test('whoever has arrived by a try whose answer was lost is not written to again', async () => {
  const { send, runJobs, row, tell, ownToken, world, clock } = siteWith()
  world.outcome = { type: 'later', reason: 'no answer' }
  send()
  await runJobs()
  expect(row().state).toBe('waiting')
  expect(tell(ownToken(), told({ providerId: undefined }))).toBe(true)
  clock.advance(600_000)
  await runJobs()
  expect(row()).toMatchObject({ state: 'delivered', attempts: 1 })
})

test('an address is of one message, or one account, and nobody else’s', async () => {
  const { send, runJobs, row, gate, tell, ownToken, accountToken, must } = siteWith()
  send()
  await runJobs()
  const [own, account] = [ownToken(), accountToken()]
  for (const token of [
    '',
    '04',
    `${own}0`,
    own.toUpperCase(),
    `${own.slice(0, 14)}${account.slice(2)}`,
    `04${'0'.repeat(52)}`,
    `04${'f'.repeat(52)}`,
    `05${'0'.repeat(40)}`,
    `05${'é'.repeat(40)}`,
    '__proto__',
  ])
    expect(gate.subjectOf(token)).toBeUndefined()
  expect(tell(account, told({ providerId: 'unknown' }))).toBe(false)
  expect(tell(account, told({ providerId: undefined }))).toBe(false)
  expect(tell(account, told({ recipient: '+254700000000' }))).toBe(false)
  expect(tell(own, told({ ...FAILED, providerId: 'of a try before' }))).toBe(false)
  expect(row().state).toBe('accepted')
  must(setSender, { sender: { ...sms, username: 'another' } })
  expect([gate.subjectOf(own) === undefined, gate.subjectOf(account)]).toEqual([false, undefined])
})

test('where nobody reaches the box nobody is told an address, and none is good', async () => {
  const { send, runJobs, row, gate, ownToken, reportUrl } = siteWith({ reportsUrl: '' })
  send()
  await runJobs()
  expect([reportUrl, gate.subjectOf(ownToken()), row().state]).toEqual([null, undefined, 'accepted'])
})

test('reports go over https, to this box and no further', () => {
  const { dispatch } = siteWith()
  for (const reportsUrl of [
    'http://pop.example.com',
    'https://u:p@pop.example.com',
    'https://pop.example.com?x=1',
    'x',
  ])
    expect(dispatch(setSender, { sender: { ...sms, reportsUrl } })).toMatchObject({ error: { type: 'InputInvalid' } })
})

test('whatever the order, what has arrived stays so', () => {
  const states = ['waiting', 'accepted', 'failed', 'delivered', 'undelivered'] as const
  for (const state of states) {
    const row = { state, providerId: 'p1', early: null }
    const report = { providerId: 'p1', state: 'delivered', reason: null } as const
    expect(afterReport(row, report, true)?.state).toBe(state === 'delivered' ? undefined : 'delivered')
    const failed = afterReport(row, { ...report, ...FAILED }, false)
    expect(failed?.state).toBe(state === 'accepted' ? 'undelivered' : undefined)
  }
})
