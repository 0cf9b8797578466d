/** `lango backup` */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Fault, Random, Result, Secret } from '@lango/kernel'
import { refused, shown, UsageError, type CliContext, type CommandSpec, type OptionSpec } from './command.ts'
import { dataFolder } from '../data-folder.ts'
import { backupScheduleCommands } from './backup-schedule.ts'
import { backupShelfCommands } from './backup-shelf.ts'
import { localTime, octets } from './format.ts'

const passphrase: OptionSpec = {
  value: 'P',
  help: 'the passphrase that seals the keys; without one a recovery key is made',
  secret: true,
}

const backup: CommandSpec = {
  path: ['backup'],
  operands: ['[FILE]'],
  summary: 'one archive of everything, while the box runs or not',
  options: {
    out: { value: 'FILE', help: 'the archive (lango-HOST-DATE.backup here)' },
    passphrase,
    'without-keys': {
      help: 'leave keys and certificates out: then no password in it can be read without the key file',
    },
  },
  notes: [
    'The keys to passwords and certificates are in the archive, sealed. Without a passphrase they are sealed under a new recovery',
    'key in FILE.key: move that file elsewhere, since whoever has both can read every password. Names and phone numbers are not sealed.',
  ],
  examples: [
    'lango backup',
    'lango backup /mnt/usb/pop.backup --passphrase-file /root/passphrase',
    'lango backup --out pop.backup --without-keys',
  ],
  async run(context) {
    const { args, dir, io } = context
    const file = resolve(args.operand(0) ?? args.text('out') ?? defaultName(io.hostName, io.now()))
    if (args.operand(0) !== undefined && args.text('out') !== undefined)
      throw new UsageError('Name the file once: FILE or --out FILE.')
    if (!existsSync(dataFolder(dir).siteFile)) return refused({ type: 'FolderMissing', dir })
    const { systemRandom } = await import('@lango/kernel')
    const random = systemRandom()
    const key = await keyFor(context, file, random)
    if (!key.ok) return key
    const { backUp } = await import('../backup/index.ts')
    const made = await backUp({
      folder: dataFolder(dir),
      file,
      passphrase: key.value?.secret,
      now: io.now(),
      hostName: io.hostName,
      random,
    })
    if (!made.ok) return made
    const { bytes, manifest } = made.value
    const keyFile = key.value?.file
    // Only once the archive stands: a key without its archive would only confuse.
    if (keyFile !== undefined) writeFileSync(keyFile, `${key.value!.secret.reveal()}\n`, { mode: 0o600, flag: 'wx' })
    const note =
      keyFile === undefined
        ? undefined
        : `Its recovery key is in ${keyFile}. Keep that somewhere else than the backup: without it no password can be restored.`
    return shown(
      { file, bytes, keyFile: keyFile ?? null, manifest },
      () => `${file} holds everything, ${octets(bytes)}.`,
      note === undefined ? {} : { note },
    )
  },
}

type Key = { readonly secret: Secret; readonly file: string | undefined }

/** The passphrase given, or a recovery key that is written beside the archive; undefined leaves the keys out. */
const keyFor = async ({ args }: CliContext, file: string, random: Random): Promise<Result<Key | undefined, Fault>> => {
  const { secret } = await import('@lango/kernel')
  const given = await args.secret('passphrase')
  if (args.flag('without-keys')) {
    if (given !== undefined) throw new UsageError('Give a passphrase or --without-keys, not both.')
    return { ok: true, value: undefined }
  }
  if (given !== undefined) return { ok: true, value: { secret: secret(given), file: undefined } }
  const { newRecoveryKey } = await import('@lango/modules/backups/rules')
  const keyFile = recoveryFile(file)
  if (existsSync(keyFile)) return refused({ type: 'FileExists', file: keyFile })
  return { ok: true, value: { secret: secret(newRecoveryKey(random)), file: keyFile } }
}

/** Where the recovery key of an archive lies. */
export const recoveryFile = (archive: string): string => `${archive}.key`

const defaultName = (hostName: string, now: number): string =>
  `lango-${hostName.replaceAll(/[^A-Za-z0-9-]/g, '-')}-${localTime(now).replaceAll(/[-:]/g, '').replace(' ', '-')}.backup`

export const backupCommands = [backup, ...backupScheduleCommands, ...backupShelfCommands]
