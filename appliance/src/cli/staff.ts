/** `lango staff …` and `lango role …`: people who work with the box. */
import { err, ok, type Fault, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { changeStaff, inviteStaff, listRoles, listStaff, resetStaff, setRole } from '@lango/modules/people'
import { shown, type CliContext, type CommandSpec } from './command.ts'
import { localTime, table } from './format.ts'

type Person = ResultOf<typeof listStaff>[number]

export const ROLE_HELP = 'owner, technician, cashier, viewer, or the name of a role of this box'

/** The id of one of the box's own roles by its name; any other text as it is. */
export const roleId = async ({ query }: CliContext, text: string): Promise<string> => {
  const roles = await query<ResultOf<typeof listRoles>>('roles.list', {})
  return (roles.ok ? roles.value.find((role) => role.name === text)?.id : undefined) ?? text
}

const find = async ({ query, args }: CliContext): Promise<ReturnType<typeof err> | { ok: true; value: Person }> => {
  const people = await query<readonly Person[]>('staff.list', {})
  if (!people.ok) return people
  const wanted = args.operand(0) ?? ''
  const person = people.value.find(({ id, login }) => id === wanted || login === wanted.toLowerCase())
  return person ? { ok: true, value: person } : err({ type: 'StaffUnknown', id: wanted })
}

const doorText = ({ code, until }: { code: string; until: number }): string =>
  `To choose a password, open on the desk, by ${localTime(until)}:\n  /welcome?code=${code}`

const add: CommandSpec = {
  path: ['staff', 'add'],
  operands: ['LOGIN'],
  summary: 'invite somebody to work with the box',
  options: {
    name: { value: 'NAME', help: 'what they are called (the login)' },
    role: { value: 'ROLE', help: ROLE_HELP, required: true },
  },
  notes: ['They choose their own password at the address that is printed, once, within three days.'],
  examples: ['lango staff add amina --name "Amina Otieno" --role technician'],
  async run(context) {
    const { args, command } = context
    const login = args.operand(0)!
    const made = await command<ValueOf<typeof inviteStaff>>('staff.invite', {
      login,
      name: args.text('name') ?? login,
      role: await roleId(context, args.text('role')!),
    })
    return made.ok ? shown(made.value, () => doorText(made.value)) : made
  },
}

const list: CommandSpec = {
  path: ['staff', 'list'],
  operands: [],
  summary: 'who works with the box',
  options: {},
  examples: ['lango staff list'],
  async run({ query }) {
    const people = await query<readonly Person[]>('staff.list', {})
    if (!people.ok) return people
    const { percentText } = await import('@lango/modules/people')
    return shown(people.value, () =>
      table(
        ['LOGIN', 'NAME', 'ROLE', 'STATUS', '>COMMISSION', 'PASSWORD', 'APP', 'ID'],
        people.value.map((one) => [
          one.login,
          one.name,
          one.role,
          one.status,
          one.commissionBp === null ? '' : `${percentText(one.commissionBp)} %`,
          one.passwordSince === null ? 'not chosen yet' : localTime(one.passwordSince),
          one.totpSince === null ? 'no' : 'yes',
          one.id,
        ]),
        'Nobody yet. Open the desk to become its owner: lango web-token',
      ),
    )
  },
}

const reset: CommandSpec = {
  path: ['staff', 'reset'],
  operands: ['LOGIN'],
  summary: 'let somebody choose a new password',
  options: { 'forget-app': { help: 'the phone is lost too: forget its authenticator app, and the passkeys' } },
  notes: ['Their browsers are signed out at once; the old password is good until a new one is chosen.'],
  examples: ['lango staff reset amina', 'lango staff reset amina --forget-app'],
  async run(context) {
    const person = await find(context)
    if (!person.ok) return person
    const { args, command } = context
    const input = { id: person.value.id, forgetApp: args.flag('forget-app') }
    const done = await command<ValueOf<typeof resetStaff>>('staff.reset', input)
    return done.ok ? shown(done.value, () => doorText(done.value)) : done
  },
}

const set: CommandSpec = {
  path: ['staff', 'set'],
  operands: ['LOGIN'],
  summary: 'another name, role, state or commission',
  options: {
    name: { value: 'NAME', help: 'what they are called' },
    role: { value: 'ROLE', help: ROLE_HELP },
    status: { value: 'active|disabled', help: 'disabled people are signed out at once' },
    commission: { value: 'PERCENT|none', help: 'of the price of each voucher they sell from now on' },
  },
  examples: [
    'lango staff set amina --role cashier',
    'lango staff set amina --status disabled',
    'lango staff set amina --commission 7.5',
  ],
  async run(context) {
    const { args, command } = context
    const commission = await commissionOf(args.text('commission'))
    if (!commission.ok) return commission
    const person = await find(context)
    if (!person.ok) return person
    const role = args.text('role')
    const done = await command<ValueOf<typeof changeStaff>>('staff.change', {
      id: person.value.id,
      name: args.text('name'),
      role: role === undefined ? undefined : await roleId(context, role),
      status: args.choice('status', ['active', 'disabled']),
      commissionBp: commission.value,
    })
    return done.ok
      ? shown(done.value, () => `${done.value.login}: ${done.value.name}, ${done.value.role}, ${done.value.status}.`)
      : done
  },
}

/** Undefined when it was not given, null when it is taken away. */
const commissionOf = async (text: string | undefined): Promise<Result<number | null | undefined, Fault>> => {
  if (text === undefined || text === 'none') return ok(text === undefined ? undefined : null)
  const { parsePercentBp } = await import('@lango/modules/people')
  return parsePercentBp(text)
}

const roleSet: CommandSpec = {
  path: ['role', 'set'],
  operands: ['NAME'],
  summary: 'make a role of permissions, or change one',
  options: {
    may: { value: 'PERMISSIONS', help: 'separated by commas, such as sessions.read,vouchers.sell', required: true },
  },
  examples: ['lango role set agent --may vouchers.sell'],
  async run({ args, query, command }) {
    const name = args.operand(0)!
    const roles = await query<ResultOf<typeof listRoles>>('roles.list', {})
    if (!roles.ok) return roles
    const done = await command<ValueOf<typeof setRole>>('roles.set', {
      id: roles.value.find((role) => role.name === name)?.id,
      name,
      permissions: args
        .text('may')!
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    })
    return done.ok ? shown(done.value, () => `${name} may: ${done.value.permissions.join(', ') || 'nothing'}.`) : done
  },
}

const roleList: CommandSpec = {
  path: ['role', 'list'],
  operands: [],
  summary: 'the roles and what they may do',
  options: {},
  examples: ['lango role list'],
  async run({ query }) {
    const own = await query<ResultOf<typeof listRoles>>('roles.list', {})
    if (!own.ok) return own
    const { builtInRole, roleNames } = await import('@lango/modules/people')
    const roles = [
      ...roleNames.map((name) => ({ id: name as string, name: name as string, permissions: [...builtInRole(name)!] })),
      ...own.value,
    ]
    return shown(roles, () =>
      table(
        ['ROLE', 'MAY'],
        roles.map((role) => [role.name, role.permissions.join(', ')]),
        '',
      ),
    )
  },
}

export const staffCommands = [add, list, reset, set]
export const roleCommands = [roleSet, roleList]
