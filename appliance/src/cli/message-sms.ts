/** `lango message sms`: by whose server SMS are sent. */
import type { ValueOf } from '@lango/kernel/verbs'
import type { setSender } from '@lango/modules/messages'
import { UsageError, shown, type Args, type CommandSpec, type OptionSpec } from './command.ts'

const DRIVERS = ['africastalking', 'twilio', 'http'] as const
type Driver = (typeof DRIVERS)[number]
const HOWS = ['form', 'json', 'query'] as const

/** Of one provider or another, besides the key and the numbers that may get messages. */
const own = {
  username: { value: 'U', help: 'of the account at Africa’s Talking; sandbox is their simulator on the web' },
  account: { value: 'AC…', help: 'the account SID at Twilio' },
  sender: { value: 'S', help: 'what they have registered for you (theirs); at Twilio a number, a name or MG…' },
  address: { value: 'URL', help: 'of another gateway: where messages are sent to' },
  how: { value: HOWS.join('|'), help: 'how it is asked: by a form (form), JSON, or the query of a GET' },
  body: { value: 'T', help: 'what it is told, with places in braces' },
  header: { value: 'H', help: 'a header more, which may hold {key}' },
  'ok-field': { value: 'F', help: 'the field of its JSON that says whether it has taken a message' },
  ok: { value: 'V', help: 'what stands there then, or how its text begins; several times for several', many: true },
  'id-field': { value: 'F', help: 'the field of its JSON with its name for the message' },
  'report-field': { value: 'F', help: 'the field of its reports with the state of a message (status)' },
  'report-id-field': { value: 'F', help: 'and the one with its name for the message (id)' },
  arrived: { value: 'V', help: 'what stands there when one has arrived (DELIVRD, delivered, success)', many: true },
  failed: { value: 'V', help: 'and when one will not (UNDELIV, EXPIRED, failed and the like)', many: true },
} as const satisfies Readonly<Record<string, OptionSpec>>

const asked: Readonly<Record<Driver, readonly (keyof typeof own)[]>> = {
  africastalking: ['username', 'sender'],
  twilio: ['account', 'sender'],
  http: [
    'address',
    'how',
    'body',
    'header',
    'sender',
    'ok-field',
    'ok',
    'id-field',
    'report-field',
    'report-id-field',
    'arrived',
    'failed',
  ],
}

/** What belongs to another provider is a mistake that nobody should have to find out by a message. */
const refuseForeign = (driver: Driver, args: Args): void => {
  const names = Object.keys(own) as (keyof typeof own)[]
  const foreign = names.find((name) => !asked[driver].includes(name) && args.text(name) !== undefined)
  if (foreign !== undefined) throw new UsageError(`--${foreign} is nothing that ${driver} asks for.`)
}

const senderOf = (driver: Driver, args: Args): object => {
  refuseForeign(driver, args)
  const sender = args.text('sender')
  if (driver === 'africastalking') return { driver, username: args.text('username') ?? '', sender }
  if (driver === 'twilio') return { driver, account: args.text('account') ?? '', sender: sender ?? '' }
  return {
    driver,
    address: args.text('address') ?? '',
    how: args.choice('how', HOWS),
    body: args.text('body') ?? '',
    header: args.text('header'),
    sender,
    okField: args.text('ok-field'),
    okValues: args.texts('ok'),
    idField: args.text('id-field'),
    reportField: args.text('report-field'),
    reportIdField: args.text('report-id-field'),
    arrivedValues: args.texts('arrived'),
    failedValues: args.texts('failed'),
  }
}

const setUpText = (reportUrl: string | null): string => {
  const done = 'SMS are set up. See whether one arrives: lango message test sms +254712345678'
  return reportUrl === null ? done : `${done}\nFor delivery reports tell the provider, and nobody else:\n${reportUrl}`
}

export const sms: CommandSpec = {
  path: ['message', 'sms'],
  operands: [],
  summary: 'send SMS by this provider',
  options: {
    driver: { value: DRIVERS.join('|'), help: `by whom (${DRIVERS[0]}); http is another gateway` },
    ...own,
    key: { value: 'K', help: 'the API key; at Twilio the primary auth token', secret: true },
    prefix: {
      value: '+254',
      help: 'numbers that may get messages; several times for several',
      required: true,
      many: true,
    },
    'reports-at': {
      value: 'URL',
      help: 'where it reaches this box, to tell whether messages have arrived (nobody tells)',
    },
  },
  notes: [
    'Places in --body: {number}, {digits} (the number without +), {text}, {sender}, {key}, {id}, and {report}, where it may tell whether it has arrived.',
  ],
  examples: [
    'lango message sms --username isp --key-file - --prefix +254 --sender LANGO',
    'lango message sms --driver twilio --account AC… --key-file - --prefix +254 --sender +15005550006',
    "lango message sms --driver http --address https://sms.example.net/send --key-file - --prefix +254 --body 'to={number}&text={text}&apikey={key}' --ok-field status --ok 0",
  ],
  async run({ args, command }) {
    const driver = args.choice('driver', DRIVERS) ?? DRIVERS[0]
    const secret = await args.secret('key')
    const given = { secret, prefixes: args.texts('prefix'), reportsUrl: args.text('reports-at') }
    const sender = { ...senderOf(driver, args), ...given }
    const done = await command<ValueOf<typeof setSender>>('messages.setSender', { sender })
    return done.ok ? shown(done.value, () => setUpText(done.value.reportUrl)) : done
  },
}
