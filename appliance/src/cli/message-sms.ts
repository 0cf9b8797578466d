/** `lango message sms`: by whose server SMS are sent. */
import { UsageError, shown, type Args, type CommandSpec, type OptionSpec } from './command.ts'

const DRIVERS = ['africastalking', 'twilio'] as const
type Driver = (typeof DRIVERS)[number]

/** What each asks for besides the key and the numbers that may get messages. */
const asked: Readonly<Record<Driver, readonly string[]>> = {
  africastalking: ['username', 'sender'],
  twilio: ['account', 'sender'],
}

const own: Readonly<Record<string, OptionSpec>> = {
  username: { value: 'U', help: 'of the account at Africa’s Talking; sandbox is their simulator on the web' },
  account: { value: 'AC…', help: 'the account SID at Twilio' },
  sender: {
    value: 'S',
    help: 'sender id or short code that Africa’s Talking has registered for you (theirs); number, name or MG… at Twilio',
  },
}

/** What belongs to another provider is a mistake that nobody should have to find out by a message. */
const textsFor = (driver: Driver, args: Args): Record<string, string> => {
  const foreign = Object.keys(own).find((name) => !asked[driver].includes(name) && args.text(name) !== undefined)
  if (foreign !== undefined) throw new UsageError(`--${foreign} is nothing that ${driver} asks for.`)
  return Object.fromEntries(asked[driver].map((name) => [name, args.text(name) ?? '']))
}

export const sms: CommandSpec = {
  path: ['message', 'sms'],
  operands: [],
  summary: 'send SMS by this provider',
  options: {
    driver: { value: DRIVERS.join('|'), help: `by whom (${DRIVERS[0]})` },
    ...own,
    key: { value: 'K', help: 'the API key; at Twilio the primary auth token', secret: true },
    prefix: {
      value: '+254',
      help: 'numbers that may get messages; several times for several',
      required: true,
      many: true,
    },
  },
  examples: [
    'lango message sms --username isp --key-file - --prefix +254 --sender LANGO',
    'lango message sms --driver twilio --account AC… --key-file - --prefix +254 --sender +15005550006',
  ],
  async run({ args, command }) {
    const driver = args.choice('driver', DRIVERS) ?? DRIVERS[0]
    const secret = await args.secret('key')
    const sender = { driver, ...textsFor(driver, args), secret, prefixes: args.texts('prefix') }
    const done = await command('messages.setSender', { sender })
    return done.ok
      ? shown(done.value, () => 'SMS are set up. See whether one arrives: lango message test sms +254712345678')
      : done
  },
}
