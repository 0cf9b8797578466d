/** `lango setup …`: the first steps of a box without an owner. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault, Result } from '@lango/kernel'
import type { AppliedSetup, Progress } from '@lango/modules/setup'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { localTime } from './format.ts'

const newCode: CommandSpec = {
  path: ['setup', 'new-code'],
  operands: [],
  summary: 'another setup code for a box without an owner; the one before is worth nothing',
  options: {},
  notes: ['`lango console` shows the one that holds.'],
  examples: ['lango setup new-code'],
  async run({ action }) {
    const made = await action<{ setupCode?: string }>('setup.newCode', {})
    return made.ok ? shown(made.value, () => made.value.setupCode ?? 'This box asks for none.') : made
  },
}

const hashPassword: CommandSpec = {
  path: ['setup', 'hash-password'],
  operands: [],
  summary: 'the hash of a password, for the owner in a file of `setup apply`',
  options: { password: { value: 'P', help: 'the password', secret: true } },
  notes: ['It needs no box. What is given as --password shows in `ps` and in the shell’s history.'],
  examples: ['lango setup hash-password --password-file -'],
  async run({ args }) {
    const password = await args.secret('password')
    if (password === undefined) throw new UsageError('Give the password: --password-file -, and type it.')
    const { createPasswords, secret, systemRandom } = await import('@lango/kernel')
    const { passwordFault, PASSWORD_LENGTH_MIN } = await import('@lango/modules/people')
    const fault = passwordFault(password, '\0')
    if (fault !== undefined)
      throw new UsageError(`This password is ${fault}: use several words, ${PASSWORD_LENGTH_MIN} characters at least.`)
    const passwordHash = await createPasswords(systemRandom()).hash(secret(password))
    return passwordHash.ok ? shown({ passwordHash: passwordHash.value }, () => passwordHash.value) : passwordHash
  },
}

const apply: CommandSpec = {
  path: ['setup', 'apply'],
  operands: ['FILE'],
  summary: 'set a box without an owner up by a file (JSON; - for stdin), whole or not at all',
  options: {},
  notes: [
    'The same file again changes nothing; another one is refused once there is an owner.',
    'What stands in it: docs/first-boot.md. Its secrets are shown and logged nowhere.',
  ],
  examples: ['lango setup apply lango-setup.json', 'lango setup apply - < lango-setup.json'],
  async run(context) {
    const file = context.args.operand(0)!
    const text = await textOf(context, file)
    if (!text.ok) return text
    const { readSetupFile } = await import('../setup/setup-file.ts')
    const osDir = context.io.env['LANGO_OS_DIR']
    const read = readSetupFile(text.value, { file, isAppliance: osDir !== undefined })
    if (!read.ok) return read
    const { business, wishes, content } = read.value
    // First what can be asked for twice: after a power cut the same file is applied again.
    if (osDir !== undefined && !(await isOwned(context))) await wishFor(osDir, wishes)
    const done = await context.command<AppliedSetup>('setup.apply', { file: business, content })
    return done.ok ? shown(done.value, () => appliedText(done.value)) : done
  },
}

const textOf = async ({ io }: CliContext, file: string): Promise<Result<string, Fault>> => {
  if (file === '-') return { ok: true, value: await io.readStdin() }
  const { SETUP_FILE_BYTES_MAX } = await import('../setup/setup-file.ts')
  try {
    if (statSync(file).size > SETUP_FILE_BYTES_MAX) return refused({ type: 'FileUnreadable', file, cause: 'EFBIG' })
    return { ok: true, value: readFileSync(file, 'utf8') }
  } catch (error) {
    return refused({ type: 'FileUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

const isOwned = async ({ query }: CliContext): Promise<boolean> => {
  const asked = await query<Progress>('setup.progress', {})
  return !asked.ok || asked.value.done.owner
}

/** The image's own services read and judge them. */
const wishFor = async (osDir: string, wishes: Readonly<Record<string, object>>): Promise<void> => {
  const { writeDurably } = await import('@lango/kernel')
  for (const [name, wish] of Object.entries(wishes))
    writeDurably(join(osDir, `${name}-wanted.json`), `${JSON.stringify(wish)}\n`, 0o600)
}

const appliedText = ({ isNew, login, invitation, batches }: AppliedSetup): string => {
  if (!isNew) return 'This file was applied before: nothing is changed.'
  return [
    `The box is set up. Its owner is ${login}.`,
    ...(invitation === undefined
      ? []
      : [
          `To choose a password, open on the desk, by ${localTime(invitation.until)}:\n  /welcome?code=${invitation.code}`,
        ]),
    ...batches.map((batch) => `Vouchers to print: lango voucher print --batch ${batch} --out vouchers-${batch}.pdf`),
  ].join('\n')
}

export const setupCommands = [newCode, hashPassword, apply]
