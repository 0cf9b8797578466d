import { expect, test } from 'vitest'
import fc from 'fast-check'
import { orThrow, type Secret } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import {
  createMessageDelivery,
  listMessages,
  listSenders,
  messages,
  messageTextPurpose,
  putMessage,
  removeSender,
  resealMessages,
  retryMessage,
  senderSecretPurpose,
  setSender,
  testMessage,
} from './index.ts'
import type { OutgoingMessage, SendOutcome } from './port.ts'
import { defineCommand, defineModule } from '@lango/kernel/verbs'
import { z } from 'zod'
import { messageLimits, oneLine } from './rules.ts'
import { messages as messagesTable, messageSenders } from './tables.ts'

const OK: SendOutcome = { type: 'accepted', providerId: 'p1' }
const smtp = { driver: 'smtp' as const, host: 'mail.isp.example', user: 'box', from: 'noreply@isp.example' }
const sms = { driver: 'africastalking' as const, username: 'isp', prefixes: ['+254'] }
const twilio = { driver: 'twilio' as const, account: `AC${'0'.repeat(32)}`, sender: 'LANGO', prefixes: ['+254'] }
const gateway = {
  driver: 'http' as const,
  address: 'https://sms.example.net/send',
  body: 'to={number}&text={text}&key={key}',
  prefixes: ['+254'],
}
const CODE = '918273'

/** What another module sends. */
const sendCode = defineCommand({
  name: 'test.code',
  permission: 'system',
  input: z.object({ to: z.string(), lifeMs: z.number().default(600_000) }),
  audit: () => ({}),
  handle: (ctx, { to, lifeMs }) =>
    putMessage(ctx, {
      channel: to.includes('@') ? 'email' : 'sms',
      kind: 'code',
      about: 'registration:1',
      recipient: to,
      subject: 'Your\r\ncode',
      text: `Your code is ${CODE}`,
      expiresAt: ctx.now + lifeMs,
    }),
})

const siteWith = () => {
  const sent: OutgoingMessage[] = []
  const world = { answer: (_message: OutgoingMessage): SendOutcome | Promise<SendOutcome> => OK }
  const late: {
    isSet?: (channel: string) => boolean
    textOf?: (no: number) => Secret | undefined
    now?: () => number
  } = {}
  const delivery = createMessageDelivery({
    senderOf: (channel) =>
      late.isSet!(channel)
        ? {
            send: (message) => {
              sent.push(message)
              return Promise.resolve(world.answer(message))
            },
          }
        : undefined,
    reportUrlOf: () => undefined,
    textOf: (no) => late.textOf!(no),
    clock: { now: () => late.now!() },
  })
  const site = memorySite([messages, defineModule({ name: 'test', commands: [sendCode] })], { jobs: [delivery] })
  const { raw } = site.database
  late.now = site.clock.now
  late.isSet = (channel) => raw.prepare('SELECT 1 FROM message_senders WHERE id = ?').get(channel) !== undefined
  late.textOf = (no) => {
    const { body } = raw.prepare<[number], { body: Buffer | null }>('SELECT body FROM messages WHERE no = ?').get(no)!
    if (body === null) return undefined
    const opened = site.vault.open(body, messageTextPurpose(no))
    return opened.ok ? opened.value : undefined
  }
  const log = () => site.query(listMessages, {})
  const bodies = () => raw.prepare('SELECT body FROM messages ORDER BY no').pluck().all()
  const setUp = () => {
    site.must(setSender, { sender: { ...smtp, secret: 'pw-of-mail' } })
    site.must(setSender, { sender: { ...sms, secret: 'key-of-sms' } })
  }
  /** Jobs run as they come due. */
  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += 30_000) {
      await site.runJobs()
      await site.clock.advanceAsync(30_000)
    }
  }
  return { ...site, sent, world, log, bodies, setUp, pass }
}

test('a secret of a provider is sealed, told nowhere, and forgotten with it', () => {
  const { setUp, must, database, query, log, vault, count } = siteWith()
  setUp()
  must(testMessage, { channel: 'email', to: 'me@isp.example' })
  const stored = ['message_senders', 'messages', 'commands', 'audit', 'jobs'].map((table) =>
    database.raw.prepare(`SELECT * FROM ${table}`).all(),
  )
  const told = JSON.stringify([stored, query(listSenders, {}), log()])
  for (const secret of ['pw-of-mail', 'key-of-sms']) expect(told).not.toContain(secret)
  expect(told).toContain('mail.isp.example')
  const row = database.orm.select().from(messageSenders.site).all()[0]!
  expect(orThrow(vault.open(row.secret!, senderSecretPurpose('email'))).reveal()).toBe('pw-of-mail')
  must(removeSender, { channel: 'email' })
  expect(count(messageSenders)).toBe(1)
})

test('a secret that is kept is told to the server and user it was set for, and to no other', () => {
  const { setUp, must, dispatch, database } = siteWith()
  setUp()
  const sealed = () => database.raw.prepare<[], Buffer>('SELECT secret FROM message_senders ORDER BY id').pluck().all()
  const before = sealed()
  must(setSender, { sender: { ...smtp, from: 'other@isp.example' } })
  must(setSender, { sender: { ...sms, prefixes: ['+254', '+255'] } })
  expect(sealed()).toEqual(before)
  for (const sender of [
    { ...smtp, host: 'mail.evil.example' },
    { ...smtp, user: 'another' },
    { ...smtp, port: 2525 },
    { ...sms, username: 'another' },
    twilio,
    gateway,
  ])
    expect(dispatch(setSender, { sender })).toMatchObject({ ok: false, error: { type: 'SenderSecretMissing' } })
  expect(sealed()).toEqual(before)
  must(setSender, { sender: { ...smtp, user: '' } })
  expect(sealed()[0]).toBeNull()
})

test('a gateway that asks for no key needs none, and keeps its own only on its own server', () => {
  const { must, dispatch, database } = siteWith()
  const secret = () => database.orm.select().from(messageSenders.site).all()[0]!.secret
  must(setSender, { sender: { ...gateway, body: 'to={digits}&text={text}' } })
  expect(secret()).toBeNull()
  must(setSender, { sender: { ...gateway, secret: 'k' } })
  must(setSender, { sender: { ...gateway, address: 'https://sms.example.net/v2', header: 'apikey: {key}' } })
  expect(secret()).not.toBeNull()
  const elsewhere = { ...gateway, address: 'https://sms.example.org/send' }
  expect(dispatch(setSender, { sender: elsewhere })).toMatchObject({ error: { type: 'SenderSecretMissing' } })
})

test('a password never goes without TLS, and what is no server, sender or country is none', () => {
  const { dispatch, count } = siteWith()
  const plain = { ...smtp, security: 'none' as const, secret: 'pw' }
  expect(dispatch(setSender, { sender: plain })).toMatchObject({ error: { type: 'PasswordInClear' } })
  for (const sender of [
    { ...smtp, host: 'user:pw@mail.isp.example' },
    { ...smtp, host: 'mail.isp.example/x' },
    { ...smtp, host: '' },
    { ...smtp, from: 'no address' },
    { ...smtp, from: 'a@b.example\r\nBcc: c@d.example' },
    { ...sms, prefixes: [] },
    { ...sms, prefixes: ['0'] },
    { ...sms, prefixes: ['+2547'] },
    { ...sms, sender: 'much too long a name' },
    { ...twilio, account: '../Accounts/AC' },
    { ...twilio, sender: '12345' },
    { ...gateway, address: 'http://sms.example.net/send' },
    { ...gateway, address: 'https://user:pw@sms.example.net/send' },
    { ...gateway, address: 'https://sms.example.net/send?key=1' },
    { ...gateway, address: 'file:///etc/passwd' },
    { ...gateway, body: 'to={number}' },
    { ...gateway, body: 'to={number}&text={text}&x={phone}' },
    { ...gateway, how: 'json' as const },
    { ...gateway, header: 'Host: other.example' },
    { ...gateway, header: 'X-Key: {key}\r\nX-More: 1' },
    { ...gateway, header: 'X-Text: {text}' },
    { ...gateway, okField: 'status' },
  ])
    expect(dispatch(setSender, { sender: { ...sender, secret: 'pw' } })).toMatchObject({
      error: { type: 'InputInvalid' },
    })
  expect(count(messageSenders)).toBe(0)
  expect(dispatch(removeSender, { channel: 'sms' })).toMatchObject({ error: { type: 'SenderMissing' } })
})

test('a message goes out once with its text, which is sealed meanwhile and gone after; its code stands nowhere in clear', async () => {
  const { setUp, must, runJobs, sent, log, bodies, database } = siteWith()
  setUp()
  must(sendCode, { to: 'amina@example.net' })
  must(sendCode, { to: '+254712345678' })
  const stored = () =>
    JSON.stringify(
      ['messages', 'commands', 'audit', 'jobs'].map((t) => database.raw.prepare(`SELECT * FROM ${t}`).all()),
    )
  expect(stored()).not.toContain(CODE)
  await runJobs()
  expect(sent).toMatchObject([
    { to: 'amina@example.net', subject: 'Your code', text: `Your code is ${CODE}` },
    { to: '+254712345678', text: `Your code is ${CODE}` },
  ])
  expect(log()).toMatchObject([
    { state: 'accepted', attempts: 1, providerId: 'p1', kind: 'code', about: 'registration:1' },
    { state: 'accepted' },
  ])
  expect(bodies()).toEqual([null, null])
  await runJobs()
  expect(sent).toHaveLength(2)
  expect(JSON.stringify([stored(), log()])).not.toContain(CODE)
})

test('without a sender nothing is kept; an SMS goes only where the owner pays for it', () => {
  const { setUp, must, dispatch, count } = siteWith()
  expect(dispatch(sendCode, { to: 'a@b.example' })).toMatchObject({
    error: { type: 'SenderMissing', channel: 'email' },
  })
  setUp()
  expect(dispatch(sendCode, { to: '+8821234567890' })).toMatchObject({ error: { type: 'NumberElsewhere' } })
  expect(count(messagesTable)).toBe(0)
  must(sendCode, { to: '+254712345678' })
  for (const to of ['0712345678', '+254 712', 'a@b.example'])
    expect(dispatch(testMessage, { channel: 'sms', to })).toMatchObject({ error: { type: 'InputInvalid' } })
})

test('what is put off is tried again until it is taken, or no longer worth sending', async () => {
  const { setUp, must, sent, world, log, pass } = siteWith()
  setUp()
  world.answer = () => ({ type: 'later', reason: 'greylisted' })
  must(sendCode, { to: 'amina@example.net' })
  await pass(60_000)
  expect(log()).toMatchObject([{ state: 'waiting', reason: 'greylisted' }])
  world.answer = () => OK
  await pass(600_000)
  expect(log()).toMatchObject([{ state: 'accepted', reason: null }])
  world.answer = () => ({ type: 'later', reason: 'greylisted' })
  const before = sent.length
  must(sendCode, { to: 'amina@example.net' })
  await pass(3_600_000)
  expect(log()[0]).toMatchObject({ state: 'failed' })
  expect(sent.length - before).toBeLessThanOrEqual(messageLimits.attemptsMax)
})

test('what is refused is not tried again by itself, and sent again by hand while it is worth it', async () => {
  const { setUp, must, dispatch, runJobs, sent, world, log, pass } = siteWith()
  setUp()
  world.answer = () => ({ type: 'refused', reason: 'no such mailbox' })
  const no = must(sendCode, { to: 'amina@example.net' })
  await runJobs()
  await pass(60_000)
  expect(sent).toHaveLength(1)
  expect(log()).toMatchObject([{ state: 'failed', reason: 'no such mailbox' }])
  world.answer = () => OK
  must(retryMessage, { message: no })
  await runJobs()
  expect(log()).toMatchObject([{ state: 'accepted' }])
  expect(dispatch(retryMessage, { message: no })).toMatchObject({ error: { type: 'MessageNotFailed' } })
  expect(dispatch(retryMessage, { message: 99 })).toMatchObject({ error: { type: 'MessageUnknown' } })
  world.answer = () => ({ type: 'refused', reason: 'no' })
  const old = must(sendCode, { to: 'amina@example.net' })
  await runJobs()
  await pass(1_200_000)
  expect(dispatch(retryMessage, { message: old })).toMatchObject({ error: { type: 'MessageTooLate' } })
})

test('a round that a crash cut off is sent again, and recorded once', async () => {
  const { setUp, must, database, jobs, runJobs, sent, log } = siteWith()
  setUp()
  await runJobs()
  must(sendCode, { to: 'amina@example.net' })
  database.raw.exec("UPDATE jobs SET state = 'running', attempts = 1")
  const stop = new AbortController()
  const running = jobs.run(stop.signal)
  await jobs.settled()
  stop.abort()
  await running
  expect([sent.length, log()[0]!.state]).toEqual([1, 'accepted'])
})

test('a channel that hangs holds up none but itself', async () => {
  const { setUp, must, jobs, world, log } = siteWith()
  setUp()
  const { promise, resolve } = Promise.withResolvers<SendOutcome>()
  world.answer = ({ to }) => (to.includes('@') ? promise : OK)
  must(sendCode, { to: 'amina@example.net' })
  must(sendCode, { to: '+254712345678' })
  jobs.tick()
  while (!log().some(({ state }) => state === 'accepted')) await new Promise((next) => setImmediate(next))
  expect(log().map(({ channel, state }) => [channel, state])).toEqual([
    ['sms', 'accepted'],
    ['email', 'waiting'],
  ])
  resolve(OK)
  await jobs.settled()
  expect(log().map(({ state }) => state)).toEqual(['accepted', 'accepted'])
})

test('as many as can wait do, and one more is refused', () => {
  const { setUp, must, dispatch, count } = siteWith()
  setUp()
  for (let n = 0; n < messageLimits.waitingMax; n++) must(sendCode, { to: 'amina@example.net' })
  expect(dispatch(sendCode, { to: 'amina@example.net' })).toMatchObject({ error: { type: 'MessagesFull' } })
  expect(count(messagesTable)).toBe(messageLimits.waitingMax)
})

test('the log forgets what is old and texts that are too late, but nothing that waits', async () => {
  const { setUp, must, jobs, count, clock, world, bodies, runJobs } = siteWith()
  setUp()
  must(sendCode, { to: 'amina@example.net' })
  await runJobs()
  world.answer = () => ({ type: 'later', reason: 'down' })
  must(sendCode, { to: 'amina@example.net', lifeMs: 90 * 86_400_000 })
  await runJobs()
  world.answer = () => ({ type: 'refused', reason: 'no' })
  must(sendCode, { to: 'amina@example.net', lifeMs: messageLimits.keptMs })
  await runJobs()
  const late = () => bodies().map((body) => body === null)
  expect(late()).toEqual([true, false, false])
  clock.advance(messageLimits.keptMs)
  const tidied = async () => {
    const stop = new AbortController()
    const running = jobs.run(stop.signal)
    await jobs.settled()
    stop.abort()
    await running
  }
  world.answer = () => ({ type: 'later', reason: 'down' })
  await tidied()
  expect(late()).toEqual([true, false, true])
  clock.advance(1)
  await tidied()
  expect(count(messagesTable)).toBe(1)
})

test('secrets and texts that wait are sealed anew under a new key', async () => {
  const { setUp, must, vault, runJobs, sent } = siteWith()
  setUp()
  must(sendCode, { to: 'amina@example.net' })
  vault.rotate()
  expect(must(resealMessages, {})).toEqual({ resealed: 3, unreadable: 0 })
  expect(must(resealMessages, {})).toEqual({ resealed: 0, unreadable: 0 })
  await runJobs()
  expect(sent).toMatchObject([{ text: `Your code is ${CODE}` }])
})

test('a line is one line, whatever was in it', () => {
  const isLine = (text: string): boolean => text.length <= 50 && !/[\p{Cc}\u2028\u2029]/u.test(text)
  const rule = fc.property(fc.string({ unit: 'binary' }), (text) => isLine(oneLine(text, 50)))
  expect(fc.check(rule).failed).toBe(false)
})
