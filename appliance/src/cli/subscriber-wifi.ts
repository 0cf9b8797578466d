/** `lango subscriber wifi` and `lango subscriber bind`: a Wi-Fi passphrase of one's own, and whose devices get it. */
import type { ResultOf } from '@lango/kernel/db'
import type { ValueOf } from '@lango/kernel/verbs'
import type { setPassphrase, showPassphrase } from '@lango/modules/access'
import type { revealPasswords } from '@lango/modules/services'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { localTime } from './format.ts'

const wifi: CommandSpec = {
  path: ['subscriber', 'wifi'],
  operands: ['LOGIN'],
  summary: 'a Wi-Fi passphrase of their own on a network that all share: whether there is one, or another',
  options: {
    make: { help: 'have the box make a new one, and show it' },
    passphrase: { value: 'P', help: 'this one: 8 to 63 letters, digits and signs', secret: true },
    show: { help: 'tell the one that is set; this stands in the audit log' },
    remove: { help: 'take it away: no device joins by it any more' },
  },
  notes: [
    'Devices that are online stay until they join anew.',
    'No two subscribers have the same: by what a device types it is known whose it is.',
    'An argument shows in `ps` and in the shell’s history: --passphrase-file keeps it out of both.',
  ],
  examples: [
    'lango subscriber wifi flat-12',
    'lango subscriber wifi flat-12 --make',
    'lango subscriber wifi flat-12 --passphrase-file -',
    'lango subscriber wifi flat-12 --show',
  ],
  async run(context) {
    const { args } = context
    const login = args.operand(0)!
    const given = await args.secret('passphrase')
    const asked = ['make', 'show', 'remove'].filter((name) => args.flag(name))
    if (asked.length + (given === undefined ? 0 : 1) > 1)
      throw new UsageError('Say one of --make, --passphrase, --show and --remove.')
    if (args.flag('remove')) return remove(context, login)
    if (args.flag('show')) return reveal(context, login)
    return args.flag('make') || given !== undefined ? set(context, login, given) : tell(context, login)
  },
}

type Doing = (context: CliContext, login: string) => ReturnType<CommandSpec['run']>

const set = async ({ command }: CliContext, login: string, passphrase: string | undefined) => {
  const done = await command<ValueOf<typeof setPassphrase>>('grants.setPassphrase', { login, passphrase })
  return done.ok ? shown(done.value, () => done.value.passphrase) : done
}

const remove: Doing = async ({ command }, login) => {
  const done = await command<{ had: boolean }>('grants.removePassphrase', { login })
  if (!done.ok) return done
  return shown(done.value, () =>
    done.value.had ? `${login} has no Wi-Fi passphrase any more.` : `${login} had no Wi-Fi passphrase.`,
  )
}

const reveal: Doing = async ({ command }, login) => {
  const told = await command<ValueOf<typeof revealPasswords>>('subscribers.reveal', { logins: [login] })
  if (!told.ok) return told
  const passphrase = told.value.passphrases[0]?.passphrase ?? null
  return shown({ login, passphrase }, () => passphrase ?? none(login))
}

const tell: Doing = async ({ query }, login) => {
  const found = await query<ResultOf<typeof showPassphrase>>('grants.passphrase', { login })
  if (!found.ok) return found
  const setAt = found.value?.setAt ?? null
  return shown({ login, setAt }, () =>
    setAt === null ? none(login) : `${login} has a Wi-Fi passphrase, set ${localTime(setAt)}.`,
  )
}

const none = (login: string): string =>
  `${login} has no Wi-Fi passphrase. Make one: lango subscriber wifi ${login} --make`

const bind: CommandSpec = {
  path: ['subscriber', 'bind'],
  operands: ['LOGIN', 'DEVICE'],
  summary: 'bind a device: access points that ask by address get the Wi-Fi passphrase for it',
  options: {},
  notes: [
    'A login with bound devices takes these only; the plan’s device limit counts where it binds devices by itself.',
  ],
  examples: ['lango subscriber bind flat-12 AA:BB:CC:DD:EE:FF'],
  async run({ args, command }) {
    const bound = await command<{ login: string; device: string }>('grants.bindDevice', {
      login: args.operand(0),
      device: args.operand(1),
    })
    return bound.ok ? shown(bound.value, () => `${bound.value.device} is bound to ${bound.value.login}.`) : bound
  },
}

export const subscriberWifiCommands = [wifi, bind]
