/** `lango token …` */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { createToken, listTokens, revokeToken } from '@lango/modules/people'
import { secondsOf, shown, type CommandSpec } from './command.ts'
import { localTime, table } from './format.ts'
import { ROLE_HELP, roleId } from './staff.ts'

const create: CommandSpec = {
  path: ['token', 'create'],
  operands: [],
  summary: 'a key for a program that uses the box’s interface',
  options: {
    role: { value: 'ROLE', help: ROLE_HELP, required: true },
    name: { value: 'NAME', help: 'what it is for (the role)' },
    valid: { value: '365d', help: 'how long it opens anything (until it is revoked)' },
  },
  notes: [
    'The token is shown this once. The interface: POST /api/commands/NAME and /api/queries/NAME, described by /api/openapi.json.',
  ],
  examples: ['lango token create --role viewer --name grafana', 'lango token create --role cashier --valid 90d --json'],
  async run(context) {
    const { args, command } = context
    const role = await roleId(context, args.text('role')!)
    const valid = await secondsOf(args, 'valid')
    if (!valid.ok) return valid
    const made = await command<ValueOf<typeof createToken>>('tokens.create', {
      role,
      name: args.text('name') ?? role,
      validSec: valid.value,
    })
    return made.ok
      ? shown(made.value, () => made.value.token, {
          note: `Token ${made.value.id}. It is shown this once: keep it as you keep a password.`,
        })
      : made
  },
}

const list: CommandSpec = {
  path: ['token', 'list'],
  operands: [],
  summary: 'the tokens that were made',
  options: {},
  examples: ['lango token list'],
  async run({ query }) {
    const tokens = await query<ResultOf<typeof listTokens>>('tokens.list', {})
    if (!tokens.ok) return tokens
    return shown(tokens.value, () =>
      table(
        ['ID', 'NAME', 'ROLE', 'MADE', 'BY', 'GOOD UNTIL'],
        tokens.value.map((one) => [
          one.id,
          one.name,
          one.role,
          localTime(one.createdAt),
          one.createdBy,
          one.revokedAt !== null ? 'revoked' : one.expiresAt === null ? 'it is revoked' : localTime(one.expiresAt),
        ]),
        'There is no token. Make one: lango token create --role viewer',
      ),
    )
  },
}

const revoke: CommandSpec = {
  path: ['token', 'revoke'],
  operands: ['ID'],
  summary: 'close the door to a token, at once',
  options: {},
  examples: ['lango token revoke tok_01…'],
  async run({ args, command }) {
    const done = await command<ValueOf<typeof revokeToken>>('tokens.revoke', { id: args.operand(0) })
    return done.ok ? shown(done.value, () => `The token ${done.value.name} opens nothing any more.`) : done
  },
}

export const tokenCommands = [create, list, revoke]
