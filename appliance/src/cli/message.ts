/** `lango message …`: who sends e-mail and SMS for the box, and what came of them. */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { listMessages, listSenders, retryMessage, SenderConfig, testMessage } from '@lango/modules/messages'
import { UsageError, numberOf, pageAsked, pageOptions, shown, type CommandSpec } from './command.ts'
import { clean, localTime, table } from './format.ts'
import { sms } from './message-sms.ts'

const CHANNELS = ['email', 'sms'] as const
const STATES = ['waiting', 'accepted', 'failed', 'delivered', 'undelivered'] as const
const SECURITIES = ['starttls', 'tls', 'none'] as const

const mail: CommandSpec = {
  path: ['message', 'mail'],
  operands: [],
  summary: 'send e-mail by this SMTP server',
  options: {
    host: { value: 'NAME', help: 'the server', required: true },
    port: { value: 'N', help: 'its port (587 with starttls, 465 with tls, 25 with none)' },
    security: { value: SECURITIES.join('|'), help: 'how it is protected (starttls)' },
    user: { value: 'U', help: 'who the box is to the server, where it asks' },
    password: { value: 'P', help: 'and how it proves it', secret: true },
    from: { value: 'ADDRESS', help: 'the address that messages come from', required: true },
  },
  notes: [
    'Without TLS nothing is sent, unless you say --security none: then only to a server that asks for no user.',
    'A certificate must be one that Node trusts; of your own authority: NODE_EXTRA_CA_CERTS=FILE when the box starts.',
  ],
  examples: [
    'lango message mail --host mail.isp.example --user box@isp.example --password-file - --from noreply@isp.example',
    'lango message mail --host 10.0.0.5 --security none --from noreply@isp.example',
  ],
  async run({ args, command }) {
    const sender = {
      driver: 'smtp',
      host: args.text('host'),
      port: args.whole('port'),
      security: args.choice('security', SECURITIES),
      user: args.text('user'),
      secret: await args.secret('password'),
      from: args.text('from'),
    }
    const done = await command('messages.setSender', { sender })
    return done.ok
      ? shown(done.value, () => 'E-mail is set up. See whether it arrives: lango message test email ADDRESS')
      : done
  },
}

const off: CommandSpec = {
  path: ['message', 'off'],
  operands: ['CHANNEL'],
  summary: 'send no e-mail, or no SMS, any more',
  options: {},
  examples: ['lango message off sms'],
  async run({ args, command }) {
    const channel = channelOf(args.operand(0)!)
    const done = await command('messages.removeSender', { channel })
    return done.ok ? shown(done.value, () => `No ${channel} is sent any more; its password or key is forgotten.`) : done
  },
}

const channelOf = (text: string): (typeof CHANNELS)[number] => {
  const channel = CHANNELS.find((one) => one === text)
  if (channel === undefined) throw new UsageError(`A channel is ${CHANNELS.join(' or ')}, not '${text}'.`)
  return channel
}

const setupText = (config: SenderConfig): string => {
  if (config.driver === 'smtp') return `${config.host} (${config.security}), from ${config.from}`
  const to = `to ${config.prefixes.join(' ')}`
  if (config.driver === 'twilio') return `Twilio, account ${config.account}, as ${clean(config.sender)}, ${to}`
  if (config.driver === 'http') return `${clean(config.address)}, ${to}`
  return `Africa’s Talking as ${config.username}, ${to}`
}

const show: CommandSpec = {
  path: ['message', 'show'],
  operands: [],
  summary: 'who sends e-mail and SMS now',
  options: {},
  examples: ['lango message show'],
  async run({ query }) {
    const found = await query<ResultOf<typeof listSenders>>('messages.senders', {})
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['CHANNEL', 'BY', 'SET', 'REPORTS TO'],
        found.value.map(({ id, config, changedAt, reportUrl }) => [
          id,
          setupText(config),
          localTime(changedAt),
          reportUrl ?? '',
        ]),
        'Nothing is set up. Set up: lango message mail …, lango message sms …',
      ),
    )
  },
}

const test: CommandSpec = {
  path: ['message', 'test'],
  operands: ['CHANNEL', 'TO'],
  summary: 'send a message that means nothing',
  options: {},
  examples: ['lango message test email me@isp.example', 'lango message test sms +254712345678'],
  async run({ args, command }) {
    const input = { channel: channelOf(args.operand(0)!), to: args.operand(1) }
    const sent = await command<ValueOf<typeof testMessage>>('messages.test', input)
    return sent.ok ? shown(sent.value, () => 'On its way. What came of it: lango message list') : sent
  },
}

const list: CommandSpec = {
  path: ['message', 'list'],
  operands: [],
  summary: 'what was sent, newest first, and what came of it',
  options: {
    channel: { value: CHANNELS.join('|'), help: 'only those' },
    state: { value: STATES.join('|'), help: 'only those' },
    ...pageOptions,
  },
  notes: [
    '"accepted" is: the provider has taken it; "delivered" and "undelivered" is what it told later. Kept for 30 days, without the texts.',
  ],
  examples: ['lango message list', 'lango message list --state failed'],
  async run({ args, query }) {
    const found = await query<ResultOf<typeof listMessages>>('messages.list', {
      channel: args.choice('channel', CHANNELS),
      state: args.choice('state', STATES),
      ...pageAsked(args),
    })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['NO', 'MADE', 'CHANNEL', 'TO', 'FOR', 'STATE', 'TRIES', 'WHY'],
        found.value.map((one) => [
          String(one.no),
          localTime(one.createdAt),
          one.channel,
          clean(one.recipient),
          one.kind,
          one.state,
          String(one.attempts),
          clean(one.reason ?? ''),
        ]),
        'Nothing was sent yet.',
      ),
    )
  },
}

const retry: CommandSpec = {
  path: ['message', 'retry'],
  operands: ['NO'],
  summary: 'send again what was given up',
  options: {},
  examples: ['lango message retry 17'],
  async run({ args, command }) {
    const message = numberOf(args, 'message', 'message list')
    const done = await command<ValueOf<typeof retryMessage>>('messages.retry', { message })
    return done.ok ? shown(done.value, () => `Message ${message} is on its way again.`) : done
  },
}

export const messageCommands = [mail, sms, off, show, test, list, retry]
