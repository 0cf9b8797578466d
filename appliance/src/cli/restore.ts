/** `lango restore` */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Fault, Result } from '@lango/kernel'
import { refused, shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { lockFolder, makeFolder } from '../data-folder.ts'
import type { Restored } from '../backup/index.ts'
import { recoveryFile } from './backup.ts'
import { clean, localTime } from './format.ts'

const restore: CommandSpec = {
  path: ['restore'],
  operands: ['FROM'],
  summary: 'put a backup onto an empty data folder, with no box running',
  options: {
    passphrase: {
      value: 'P',
      help: 'what the keys were sealed with (the key in FILE.key, when it is there)',
      secret: true,
    },
    replace: { help: 'when the folder holds a box: move it aside, into replaced-… in the same folder' },
    'without-keys': { help: 'restore all but the keys: passwords and secrets must be set again' },
    endpoint: { value: 'URL', help: 'of the storage (AWS); https://…#sha256:HEX names its certificate' },
    region: { value: 'R', help: 'of the bucket (us-east-1)' },
    'access-key-id': { value: 'ID', help: 'who asks the storage' },
    'secret-key': { value: 'K', help: 'and how that is proved', secret: true },
    yes: { help: 'do not ask; nothing is asked now, since nothing is ever overwritten' },
  },
  notes: [
    'FROM is a file, or s3://bucket/prefix: the newest backup there, or the one that is named, as in s3://bucket/prefix/NAME.backup.',
    'All of the archive is checked before anything is put in its place.',
  ],
  examples: [
    'lango restore pop.backup --data /var/lib/lango',
    'lango restore pop.backup --passphrase-file - --replace',
    'lango restore s3://isp-backups/kisumu --region eu-west-1 --access-key-id AKIA… --secret-key-file F --passphrase-file P',
  ],
  async run(context) {
    const { args, dir, io } = context
    const from = args.operand(0)!
    const owner = statSync(dir, { throwIfNoEntry: false })?.uid ?? io.uid
    if (owner !== io.uid) return refused({ type: 'FolderOfAnother', dir, uid: owner })
    const isStored = from.startsWith('s3://')
    const passphrase = await passphraseFor(context, isStored ? undefined : resolve(from))
    const { secret } = await import('@lango/kernel')
    const module = await import('../backup/index.ts')
    const options = {
      dir,
      passphrase: passphrase === undefined ? undefined : secret(passphrase),
      replace: args.flag('replace'),
      withoutKeys: args.flag('without-keys'),
      now: io.now(),
    }
    const file = isStored ? await fetched(context, from, options) : { ok: true as const, value: resolve(from) }
    if (!file.ok) return file
    try {
      const restored = await module.restore({ ...options, file: file.value })
      if (!restored.ok) return restored
      return told(dir, restored.value)
    } finally {
      if (isStored) module.forgetUndecided({ dir })
    }
  },
}

const told = (dir: string, { manifest: { createdAt, hostName }, movedTo }: Restored) =>
  shown({ dir, createdAt, hostName, movedTo: movedTo ?? null }, () => {
    const what = `the backup of ${clean(hostName)} from ${localTime(createdAt)}`
    const aside = movedTo === undefined ? '' : ` What was there is in ${movedTo}.`
    return `${dir} holds ${what}.${aside} Start it: lango start --data ${dir}`
  })

const passphraseFor = async ({ args }: CliContext, file: string | undefined): Promise<string | undefined> => {
  const given = await args.secret('passphrase')
  if (file === undefined && given === undefined && !args.flag('without-keys'))
    throw new UsageError('Give what the backup was sealed with: --passphrase-file F.')
  if (given !== undefined || file === undefined) return given
  return existsSync(recoveryFile(file)) ? readFileSync(recoveryFile(file), 'utf8').trim() : undefined
}

/** Brings the backup from storage into the data folder, where there is room for it in any case. */
const fetched = async (
  { args, dir, io }: CliContext,
  from: string,
  options: { readonly replace: boolean },
): Promise<Result<string, Fault>> => {
  const { fetchBackup, listStorage, storageSchema, storeOf } = await import('../restore/storage.ts')
  const { createStoreAt } = await import('../drivers.ts')
  const { checkEmpty, fetchedDir, forgetUndecided } = await import('../backup/index.ts')
  const [, place = from, named] = /^(s3:\/\/.+)\/([^/]+\.backup)$/.exec(from) ?? []
  const parsed = storageSchema.safeParse({
    place,
    endpoint: args.text('endpoint'),
    region: args.text('region'),
    accessKeyId: args.text('access-key-id'),
    secretKey: await args.secret('secret-key'),
  })
  if (!parsed.success)
    throw new UsageError(
      'From storage it takes s3://bucket/prefix, --access-key-id and --secret-key-file; --endpoint is an address such as https://s3.example.com, --region one such as eu-west-1.',
    )
  const folder = makeFolder(dir)
  if (!folder.ok) return folder
  const isFree = checkEmpty(folder.value, options)
  if (!isFree.ok) return isFree
  const store = storeOf(createStoreAt({ clock: { now: io.now }, sticksDir: undefined }), parsed.data)
  const lock = lockFolder(folder.value)
  if (!lock.ok) return lock
  try {
    // A transfer that stands still is given up by the store itself.
    const { signal } = new AbortController()
    const names = named === undefined ? await listStorage(store, place, signal) : { ok: true as const, value: [named] }
    if (!names.ok) return names
    forgetUndecided(folder.value)
    mkdirSync(fetchedDir(folder.value), { mode: 0o700 })
    const file = join(fetchedDir(folder.value), 'backup')
    const came = await fetchBackup(store, names.value[0]!, file, signal)
    if (came.ok) return { ok: true, value: file }
    forgetUndecided(folder.value)
    return came
  } finally {
    lock.value.release()
  }
}

export const restoreCommands = [restore]
