/** `lango webhook …`: who is told of what happens on the box. */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { addWebhook, listDeliveries, listWebhooks, retryWebhook, setWebhook } from '@lango/modules/webhooks'
import { UsageError, numberOf, pageAsked, pageOptions, shown, type Args, type CommandSpec } from './command.ts'
import { clean, localTime, table } from './format.ts'

const STATUSES = ['active', 'off'] as const
const STATES = ['waiting', 'delivered', 'failed'] as const

const eventsHelp = {
  value: 'E,E…',
  help: 'which events, or all (all but session.started and session.ended, which are many)',
} as const
const secretOption = { value: 'S', help: 'the secret that signs: whsec_… (a new one)', secret: true } as const

/** Names as the box knows them; it refuses what it does not know. */
const eventsOf = async (args: Args): Promise<readonly string[] | undefined> => {
  const text = args.text('events')
  if (text !== 'all') return text?.split(',').map((event) => event.trim())
  return (await import('@lango/modules/webhooks')).webhookEvents
}

const add: CommandSpec = {
  path: ['webhook', 'add'],
  operands: ['URL'],
  summary: 'tell a program of events by HTTP, signed',
  options: { events: eventsHelp, secret: secretOption },
  notes: [
    'The secret is shown this once: the receiver verifies with it that a message comes from here.',
    'Events: alarm.raised, order.failed, plan.added, session.ended, session.started, subscriber.added, subscriber.resumed, subscriber.suspended, voucher.revoked, voucher.sold, voucher.used.',
  ],
  examples: [
    'lango webhook add https://crm.example/lango',
    'lango webhook add http://10.0.0.5:9000/hook --events voucher.sold,voucher.used',
  ],
  async run({ args, command }) {
    const added = await command<ValueOf<typeof addWebhook>>('webhooks.add', {
      url: args.operand(0),
      events: await eventsOf(args),
      secret: await args.secret('secret'),
    })
    if (!added.ok) return added
    const { number, secret } = added.value
    return shown(added.value, () => secret, {
      note: `Webhook ${number}. This secret is shown this once; see whether a message arrives: lango webhook test ${number}`,
    })
  },
}

const set: CommandSpec = {
  path: ['webhook', 'set'],
  operands: ['N'],
  summary: 'change an endpoint, or switch it off and on',
  options: {
    url: { value: 'URL', help: 'where it is now' },
    events: eventsHelp,
    status: { value: STATUSES.join('|'), help: 'off: nothing is sent or kept for it' },
    secret: { ...secretOption, help: 'another secret: whsec_…' },
  },
  examples: ['lango webhook set 1 --status off', 'lango webhook set 1 --events all'],
  async run({ args, command }) {
    const done = await command<ValueOf<typeof setWebhook>>('webhooks.set', {
      number: numberOf(args, 'webhook', 'webhook list'),
      url: args.text('url'),
      events: await eventsOf(args),
      status: args.choice('status', STATUSES),
      secret: await args.secret('secret'),
    })
    return done.ok ? shown(done.value, () => `Webhook ${done.value.number} is ${done.value.status}.`) : done
  },
}

const list: CommandSpec = {
  path: ['webhook', 'list'],
  operands: [],
  summary: 'the endpoints, and what waits for them',
  options: {},
  examples: ['lango webhook list'],
  async run({ query }) {
    const found = await query<ResultOf<typeof listWebhooks>>('webhooks.list', {})
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['N', 'URL', 'STATUS', 'WAITING', 'FAILED', 'MISSED', 'EVENTS'],
        found.value.map((one) => [
          String(one.number),
          one.url,
          one.status,
          String(one.waiting),
          String(one.failed),
          String(one.missed),
          one.events.join(' '),
        ]),
        'Nobody is told of anything. Add a receiver: lango webhook add URL',
      ),
    )
  },
}

const remove: CommandSpec = {
  path: ['webhook', 'remove'],
  operands: ['N'],
  summary: 'send nothing there any more',
  options: {},
  examples: ['lango webhook remove 1'],
  async run({ args, command }) {
    const number = numberOf(args, 'webhook', 'webhook list')
    const removed = await command('webhooks.remove', { number })
    return removed.ok ? shown(removed.value, () => `Webhook ${number} is removed.`) : removed
  },
}

const test: CommandSpec = {
  path: ['webhook', 'test'],
  operands: ['N'],
  summary: 'send a message that means nothing',
  options: {},
  examples: ['lango webhook test 1'],
  async run({ args, command }) {
    const number = numberOf(args, 'webhook', 'webhook list')
    const sent = await command('webhooks.test', { number })
    return sent.ok
      ? shown(sent.value, () => `On its way. What came of it: lango webhook deliveries --webhook ${number}`)
      : sent
  },
}

const deliveries: CommandSpec = {
  path: ['webhook', 'deliveries'],
  operands: [],
  summary: 'what was sent, newest first, and what came of it',
  options: {
    webhook: { value: 'N', help: 'of this endpoint' },
    state: { value: STATES.join('|'), help: 'only those' },
    ...pageOptions,
  },
  notes: ['Kept for 30 days. --json has the messages and the beginnings of the answers.'],
  examples: ['lango webhook deliveries', 'lango webhook deliveries --webhook 1 --state failed'],
  async run({ args, query, io }) {
    const found = await query<ResultOf<typeof listDeliveries>>('webhooks.deliveries', {
      webhook: args.whole('webhook'),
      state: args.choice('state', STATES),
      ...pageAsked(args),
    })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['NO', 'MADE', 'WEBHOOK', 'EVENT', 'STATE', 'TRIES', 'ANSWER'],
        found.value.map((one) => [
          String(one.no),
          localTime(one.createdAt),
          one.webhook === null ? 'removed' : String(one.webhook),
          one.event,
          one.state === 'waiting' && one.nextAt > io.now() ? `waits until ${localTime(one.nextAt)}` : one.state,
          String(one.attempts),
          outcomeText(one),
        ]),
        'Nothing was sent yet.',
      ),
    )
  },
}

const outcomeText = ({ httpStatus, error, tookMs }: ResultOf<typeof listDeliveries>[number]): string => {
  const parts = [httpStatus, error === null ? null : clean(error), tookMs === null ? null : `${tookMs} ms`]
  return parts.filter((part) => part !== null).join(', ')
}

const retry: CommandSpec = {
  path: ['webhook', 'retry'],
  operands: ['[N]'],
  summary: 'send again what was given up: all of an endpoint, or one delivery',
  options: { delivery: { value: 'NO', help: 'this one' } },
  examples: ['lango webhook retry 1', 'lango webhook retry --delivery 4711'],
  async run({ args, command }) {
    const delivery = args.whole('delivery')
    if (delivery === undefined && args.operand(0) === undefined)
      throw new UsageError('Say which: a webhook’s number, or --delivery NO.')
    const input = delivery === undefined ? { number: numberOf(args, 'webhook', 'webhook list') } : { delivery }
    const done = await command<ValueOf<typeof retryWebhook>>('webhooks.retry', input)
    return done.ok ? shown(done.value, () => `${done.value.retried} on their way again.`) : done
  },
}

export const webhookCommands = [add, set, list, remove, test, deliveries, retry]
