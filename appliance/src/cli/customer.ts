/** `lango customer …` */
import type { ResultOf } from '@lango/kernel/db'
import type { showCustomer } from '@lango/modules/services'
import { refused, shown, UsageError, type CommandSpec, type OptionSpec } from './command.ts'
import { ago, clean, facts, table } from './format.ts'

export type ShownCustomer = ResultOf<typeof showCustomer>
type Services = NonNullable<ShownCustomer>['services']

export const servicesTable = (services: Services, now: number): string =>
  table(
    ['LOGIN', 'PLAN', 'KIND', 'STATUS', 'EXPIRES'],
    services.map(({ login, plan, kind, status, expiresAt }) => [
      login,
      plan,
      kind,
      status,
      expiresAt === null ? 'never' : ago(expiresAt, now),
    ]),
    'No service.',
  )

const WHO = 'CUSTOMER is a login of theirs, or their id, as `lango subscriber show` tells it.'

const show: CommandSpec = {
  path: ['customer', 'show'],
  operands: ['CUSTOMER'],
  summary: 'who it is, and all of their services',
  options: {},
  notes: [WHO],
  examples: ['lango customer show amina', 'lango customer show amina --json'],
  async run({ args, query, io }) {
    const customer = args.operand(0)!
    const found = await query<ShownCustomer>('customers.show', { customer })
    if (!found.ok) return found
    if (found.value === undefined) return refused({ type: 'CustomerUnknown', customer })
    const { id, name, phone, email, language, services } = found.value
    const known = [
      ['customer', name],
      ['id', id],
      ['phone', phone],
      ['e-mail', email],
      ['language', language],
    ] as const
    return shown(found.value, () => `${facts(known)}\n\n${servicesTable(services, io.now())}`)
  },
}

const changeable: Readonly<Record<string, OptionSpec>> = {
  name: { value: 'N', help: 'how they are called' },
  phone: { value: 'N', help: 'their phone number; empty takes it away' },
  email: { value: 'E', help: 'their e-mail address; empty takes it away' },
  language: { value: 'en|sw', help: 'the language they read' },
}

const change: CommandSpec = {
  path: ['customer', 'change'],
  operands: ['CUSTOMER'],
  summary: 'name, phone, e-mail and language, once for all of their services',
  options: changeable,
  notes: [WHO],
  examples: ["lango customer change amina --phone '+254 712 345 678'", "lango customer change amina-shop --email ''"],
  async run({ args, command }) {
    const customer = args.operand(0)!
    const given = Object.fromEntries(Object.keys(changeable).map((name) => [name, args.text(name)]))
    if (Object.values(given).every((value) => value === undefined)) throw new UsageError('Say what to change.')
    const changed = await command<{ services: number }>('customers.change', { customer, ...given })
    return changed.ok
      ? shown(changed.value, () => `It is changed; services it holds for: ${changed.value.services}.`)
      : changed
  },
}

const changeAll = (verb: 'suspend' | 'resume', summary: string, told: string): CommandSpec => ({
  path: ['customer', verb],
  operands: ['CUSTOMER'],
  summary,
  options: {},
  notes: [WHO],
  examples: [`lango customer ${verb} amina`],
  async run({ args, command }) {
    const changed = await command<{ logins: readonly string[] }>(`customers.${verb}`, { customer: args.operand(0) })
    if (!changed.ok) return changed
    const { logins } = changed.value
    return shown(changed.value, () => `${told}: ${logins.length === 0 ? 'none' : logins.map(clean).join(', ')}.`)
  },
})

export const customerCommands = [
  show,
  change,
  changeAll('suspend', 'refuse the logins of all of their services, and end the sessions', 'Suspended'),
  changeAll('resume', 'let all that is suspended of theirs in again', 'Resumed'),
]
