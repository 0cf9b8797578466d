import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MessageSender } from '@lango/modules/messages/port'
import { createMailSender, type MailOptions } from './mail/index.ts'
import { TestAuthority } from './radius/eap/testing/certificates.ts'
import { startAfricasTalkingSimulator, type AfricasTalkingSimulator } from './simulators/africastalking.ts'
import type { ProviderFault } from './simulators/provider.ts'
import { startSmsGatewaySimulator, type SmsGatewaySimulator } from './simulators/sms-gateway.ts'
import { startSmtpSimulator, type SmtpSimulator, type SmtpSimulatorOptions } from './simulators/smtp.ts'
import { startTwilioSimulator, type TwilioSimulator } from './simulators/twilio.ts'
import { createAfricasTalkingSender, createGatewaySender, createTwilioSender } from './sms/index.ts'

const never = new AbortController().signal
const text = 'Msimbo wako ni 123456.\n.\nUsimpe mtu – “yeyote”.'
const login = { user: 'box', password: 'p w-ä' }
const account = { username: 'isp', apiKey: 'key-of-the-isp' }
const twilioAccount = { account: `AC${'0'.repeat(32)}`, authToken: 'token-of-the-isp' }
/** Of a provider that answers; a busy machine may take long. */
const TIMEOUT_MS = 20_000

let smtp: SmtpSimulator
let sms: AfricasTalkingSimulator
let twilio: TwilioSimulator
let gateway: SmsGatewaySimulator
let pair: { key: string; cert: string }
const before = getCACertificates('default')

beforeAll(async () => {
  const authority = await TestAuthority.create('somebody')
  const names = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ] as const
  pair = await authority.issue({ name: 'localhost', names: [...names], purpose: 'server' })
  setDefaultCACertificates([...before, authority.cert])
  smtp = await startSmtpSimulator({ security: 'starttls', tls: pair, login })
  sms = await startAfricasTalkingSimulator(account)
  twilio = await startTwilioSimulator(twilioAccount)
  gateway = await startSmsGatewaySimulator({ key: 'key of the gateway' })
})
afterAll(async () => {
  setDefaultCACertificates(before)
  await smtp.close()
  await sms.close()
  await twilio.close()
  await gateway.close()
})

const mailTo = (port: number, more: Partial<MailOptions> = {}): MessageSender =>
  createMailSender({
    host: 'localhost',
    port,
    security: 'starttls',
    login,
    from: { name: 'Kisumu POP', address: 'noreply@isp.example' },
    hostName: 'pop',
    timeoutMs: TIMEOUT_MS,
    ...more,
  })
const smsBy = (more: object = {}): MessageSender =>
  createAfricasTalkingSender({ ...account, sender: 'LANGO', server: sms.server, timeoutMs: TIMEOUT_MS, ...more })
const twilioBy = (more: object = {}): MessageSender =>
  createTwilioSender({
    ...twilioAccount,
    sender: '+15005550006',
    server: twilio.server,
    timeoutMs: TIMEOUT_MS,
    ...more,
  })
const forms = {
  form: 'to={number}&message={text}&from={sender}&apikey={key}',
  json: '{"to":"{number}","message":"{text}","from":"{sender}","apikey":"{key}"}',
  query: 'to={digits}&message={text}&from={sender}&apikey={key}',
} as const
const gatewayBy = (more: object = {}): MessageSender =>
  createGatewaySender({
    address: `${gateway.server}/send`,
    how: 'form',
    body: forms.form,
    header: '',
    sender: 'LANGO',
    key: 'key of the gateway',
    okField: 'status',
    okValues: ['0'],
    idField: 'messages.0.id',
    allowsLoopback: true,
    timeoutMs: TIMEOUT_MS,
    ...more,
  })

type Simulated = {
  readonly sender: (more?: object) => MessageSender
  readonly to: string
  readonly fail: (fault: 'later' | 'refused' | 'cut' | 'silent' | 'lost-answer') => void
  readonly got: () => number
}

describe.each<[string, () => Simulated]>([
  [
    'e-mail by SMTP',
    () => ({
      sender: (more) => mailTo(smtp.port, more),
      to: 'amina@example.net',
      fail: (fault) => smtp.fail(fault),
      got: () => smtp.mails.length,
    }),
  ],
  [
    'SMS by Africa’s Talking',
    () => ({
      sender: smsBy,
      to: '+254712345678',
      fail: (fault) => sms.fail(fault === 'later' ? 501 : fault === 'refused' ? 403 : fault),
      got: () => sms.messages.length,
    }),
  ],
  [
    'SMS by Twilio',
    () => ({
      sender: twilioBy,
      to: '+254712345678',
      fail: (fault) => twilio.fail(fault === 'later' ? 30001 : fault === 'refused' ? 21211 : fault),
      got: () => twilio.messages.length,
    }),
  ],
  ...(['form', 'json', 'query'] as const).map((how): [string, () => Simulated] => [
    `SMS by a gateway, asked by ${how}`,
    () => ({
      sender: (more) => gatewayBy({ how, body: forms[how], ...more }),
      to: '+254712345678',
      fail: (fault) => gateway.fail(fault === 'later' ? 'busy' : fault),
      got: () => gateway.messages.length,
    }),
  ]),
])('%s', (_name, open) => {
  let world: Simulated
  let had = 0
  beforeEach(() => {
    world = open()
    had = world.got()
  })
  const send = (sender: MessageSender, signal = never) =>
    sender.send({ id: '7.1', to: world.to, subject: 'Msimbo', text }, signal)

  test('a message is taken once, and the provider’s name for it is told', async () => {
    const outcome = await send(world.sender())
    expect(outcome).toMatchObject({ type: 'accepted' })
    expect((outcome as { providerId: string }).providerId).not.toBe('')
    expect(world.got()).toBe(had + 1)
  })

  test.each(['later', 'refused'] as const)('what the provider says is %s is that, with its reason', async (fault) => {
    world.fail(fault)
    const outcome = await send(world.sender())
    expect(outcome.type).toBe(fault)
    expect(JSON.stringify(outcome)).not.toContain('123456')
    expect(world.got()).toBe(had)
  })

  test.each(['cut', 'silent'] as const)('a provider that goes %s is asked again later', async (fault) => {
    world.fail(fault)
    const patience = fault === 'silent' ? { timeoutMs: 200 } : {}
    expect(await send(world.sender(patience))).toMatchObject({ type: 'later' })
    expect(world.got()).toBe(had)
  })

  test('an answer that is lost is no acceptance: it is sent again rather than never', async () => {
    world.fail('lost-answer')
    expect(await send(world.sender())).toMatchObject({ type: 'later' })
    expect(world.got()).toBe(had + 1)
  })

  test('a box that stops waits for nobody', async () => {
    const stop = new AbortController()
    world.fail('silent')
    const sending = send(world.sender({ timeoutMs: 30_000 }), stop.signal)
    setImmediate(() => stop.abort())
    expect(await sending).toEqual({ type: 'later', reason: 'the box is stopping' })
  })

  test('a wrong password or key is refused in words that do not hold it', async () => {
    const wrong = world.sender({
      login: { user: 'box', password: 'hunter2' },
      apiKey: 'hunter2',
      authToken: 'hunter2',
      key: 'hunter2',
    })
    const outcome = await send(wrong)
    expect(outcome).toMatchObject({
      type: 'refused',
      reason: expect.stringMatching(/does not take the user/) as string,
    })
    expect(JSON.stringify(outcome)).not.toContain('hunter2')
    expect(world.got()).toBe(had)
  })
})

const oneMail = async (server: SmtpSimulatorOptions, more: Partial<MailOptions>) => {
  const simulator = await startSmtpSimulator(server)
  try {
    const message = { id: '8.1', to: 'amina@example.net', subject: 'S', text }
    const outcome = await mailTo(simulator.port, more).send(message, never)
    return { outcome, mails: [...simulator.mails], saidOpenly: [...simulator.saidOpenly] }
  } finally {
    await simulator.close()
  }
}

describe('mail', () => {
  test('a text arrives whole under TLS, from the address of the settings, and nothing but STARTTLS was said before it', async () => {
    const { outcome, mails, saidOpenly } = await oneMail({ security: 'starttls', tls: pair, login }, {})
    expect(outcome).toEqual({ type: 'accepted', providerId: '<8.1@isp.example>' })
    expect(mails).toMatchObject([{ from: 'noreply@isp.example', to: 'amina@example.net', isEncrypted: true }])
    expect(saidOpenly).toEqual(['STARTTLS'])
    const [head, body = ''] = mails[0]!.source.split('\n\n')
    expect(head).toContain('From: Kisumu POP <noreply@isp.example>')
    expect(head).toMatch(/^Date: /m)
    const encoding = /^Content-Transfer-Encoding: (.*)$/m.exec(head!)![1]
    const quoted = body
      .replaceAll('=\n', '')
      .replaceAll(/(?:=[0-9A-F]{2})+/g, (octets) => Buffer.from(octets.replaceAll('=', ''), 'hex').toString('utf8'))
    expect(encoding === 'base64' ? Buffer.from(body, 'base64').toString('utf8') : quoted.trim()).toBe(text)
  })

  test('TLS from the first octet', async () => {
    const { outcome } = await oneMail({ security: 'tls', tls: pair, login }, { security: 'tls' })
    expect(outcome.type).toBe('accepted')
  })

  test.each<[string, SmtpSimulatorOptions, Partial<MailOptions>]>([
    ['offers no STARTTLS', { security: 'none', login }, {}],
    ['begins STARTTLS and has none', { security: 'starttls', login }, {}],
  ])('a server that %s gets neither the password nor a message', async (_what, server, more) => {
    const { outcome, mails, saidOpenly } = await oneMail(server, more)
    expect(outcome.type).toBe('later')
    expect(mails).toEqual([])
    expect(saidOpenly.filter((line) => !/^(STARTTLS|QUIT)$/.test(line))).toEqual([])
  })

  test('a certificate of another name is not trusted', async () => {
    const { outcome, mails } = await oneMail(
      { security: 'tls', tls: pair, login },
      { security: 'tls', host: '127.0.0.2' },
    )
    expect(outcome.type).toBe('later')
    expect(mails).toEqual([])
  })

  test('without TLS only where the operator says so', async () => {
    const { outcome, mails } = await oneMail({ security: 'none' }, { security: 'none', login: undefined })
    expect(outcome.type).toBe('accepted')
    expect(mails).toMatchObject([{ isEncrypted: false }])
  })

  test('what is typed into a subject or a name begins no header', async () => {
    const simulator = await startSmtpSimulator({ security: 'none' })
    const sender = mailTo(simulator.port, {
      security: 'none',
      login: undefined,
      from: { name: 'POP\r\nBcc: all@example.net', address: 'noreply@isp.example' },
    })
    const subject = 'S\r\nBcc: all@example.net\r\n\r\n<script>'
    await sender.send({ id: '9.1', to: 'amina@example.net', subject, text }, never)
    await simulator.close()
    expect(simulator.mails.map(({ to }) => to)).toEqual(['amina@example.net'])
    expect(simulator.mails[0]!.source).not.toMatch(/^Bcc:/m)
  })
})

describe('SMS', () => {
  test('an SMS arrives whole, from the sender of the settings', async () => {
    await smsBy().send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
    expect(sms.messages.at(-1)).toEqual({ to: '+254712345678', from: 'LANGO', text })
  })

  test.each([
    [405, 'refused', /no credit/],
    [406, 'refused', /asked to get no messages/],
    [407, 'refused', /407/],
    [500, 'later', /InternalServerError/],
    ['sender', 'refused', /InvalidSenderId/],
  ] as const)('Africa’s Talking: %s is %s', async (fault, type, reason) => {
    sms.fail(fault)
    const outcome = await smsBy().send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
    expect(outcome).toMatchObject({ type, reason: expect.stringMatching(reason) as string })
  })

  test.each([
    [21610, 'refused', /asked to get no messages/],
    [21408, 'refused', /country/],
    [20003, 'refused', /does not take the user/],
    [63999, 'refused', /docs\/api\/errors\/63999/],
    [20429, 'later', /20429/],
    ['failed', 'refused', /30008/],
  ] as const)('Twilio: %s is %s', async (fault, type, reason) => {
    twilio.fail(fault)
    const outcome = await twilioBy().send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
    expect(outcome).toMatchObject({ type, reason: expect.stringMatching(reason) as string })
  })

  test('Twilio is told of a number, a name or a service to send by, and the text arrives whole', async () => {
    const service = `MG${'0'.repeat(32)}`
    for (const sender of ['+15005550006', 'LANGO', service]) {
      await twilioBy({ sender }).send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
      expect(twilio.messages.at(-1)).toEqual({ to: '+254712345678', from: sender, text })
    }
  })

  const hostile = [
    'x&apikey=stolen&to=+8821234567890',
    '","to":"+8821234567890","x":"',
    '{key} {sender} {number} $& $1',
    'a\r\nb\0c\u2028d',
    text,
  ]
  test.each(['form', 'json', 'query'] as const)(
    'what is put into a %s stays one value, whatever is in it',
    async (how) => {
      for (const each of hostile) {
        await gatewayBy({ how, body: forms[how] }).send(
          { id: '1.1', to: '+254712345678', subject: '', text: each },
          never,
        )
        const to = how === 'query' ? '254712345678' : '+254712345678'
        expect(gateway.messages.at(-1)).toEqual({ to, from: 'LANGO', text: each })
      }
    },
  )

  test('the key may stand in a header, unless it would break out of it', async () => {
    const body = 'to={number}&message={text}'
    const by = (key: string) => gatewayBy({ body, header: 'Authorization: Bearer {key}', key })
    const message = { id: '1.1', to: '+254712345678', subject: '', text }
    expect(await by('key of the gateway').send(message, never)).toMatchObject({ type: 'accepted' })
    const outcome = await by('key\r\nX-More: 1').send(message, never)
    expect(outcome).toEqual({ type: 'refused', reason: 'the key cannot stand in a header' })
  })

  test('whether it was taken is told by a status, a field or the beginning of a text', async () => {
    const message = { id: '1.1', to: '+254712345678', subject: '', text }
    const outcome = (more: object) => gatewayBy(more).send(message, never)
    expect(await outcome({ okField: '', okValues: [], idField: '' })).toEqual({ type: 'accepted', providerId: null })
    expect(await outcome({ okField: 'messages.0.id' })).toMatchObject({ type: 'refused' })
    expect(await outcome({ okField: 'constructor.name', okValues: ['Object'] })).toMatchObject({ type: 'refused' })
    gateway.fail('text')
    expect(await outcome({ okField: '', okValues: ['OK'], idField: '' })).toMatchObject({ type: 'accepted' })
    gateway.fail('text')
    expect(await outcome({ okField: '', okValues: ['SENT'], idField: '' })).toMatchObject({ type: 'refused' })
    gateway.fail('refused')
    expect(await outcome({})).toEqual({ type: 'refused', reason: 'it answered status 1004' })
  })

  test('plain http is for this machine, and only where that is allowed', async () => {
    const before = gateway.messages.length
    for (const more of [{ allowsLoopback: false }, { address: 'http://sms.example/send' }]) {
      const outcome = await gatewayBy(more).send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
      expect(outcome).toEqual({ type: 'refused', reason: 'its address is not https' })
    }
    expect(gateway.messages).toHaveLength(before)
  })

  const faults: readonly [ProviderFault, 'later' | 'refused', RegExp][] = [
    ['http-429', 'later', /429/],
    ['http-500', 'later', /500/],
    ['garbage', 'later', /cannot be read/],
    ['endless', 'later', /cannot be read/],
    ['redirected', 'refused', /307/],
    ['stalled', 'later', /no answer within 200 ms/],
  ]
  test.each(faults)('an answer that is %s is %s with every provider', async (fault, type, reason) => {
    const timeoutMs = fault === 'stalled' ? 200 : TIMEOUT_MS
    for (const [simulator, sender] of [
      [sms, smsBy({ timeoutMs })],
      [twilio, twilioBy({ timeoutMs })],
      [gateway, gatewayBy({ timeoutMs })],
    ] as const) {
      simulator.fail(fault)
      const outcome = await sender.send({ id: '1.1', to: '+254712345678', subject: '', text }, never)
      expect(outcome).toMatchObject({ type, reason: expect.stringMatching(reason) as string })
    }
  })
})
