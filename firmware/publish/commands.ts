/** The commands of `npm run feed`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Key } from '@tufjs/models'
import { manifestSchema, rings, type Manifest } from '../manifest.ts'
import { makeKeyFile, readKeyFile, type SigningKey } from './keys.ts'
import {
  draftText,
  nextRoot,
  readDraft,
  refresh,
  sameReleases,
  signAll,
  signersOf,
  take,
  withChange,
  withDelta,
  withRelease,
  type Repository,
  type Signers,
} from './repository.ts'

export const USAGE = `npm run feed -- key FILE                                    a new key: FILE, and FILE.pub to hand on
npm run feed -- root DIR --root A.pub… --root-threshold N --release A.pub… --release-threshold N --online A.pub
                                                              who signs from now on; a key that is left out is revoked
npm run feed -- list DIR                                    the releases as they are, to be signed anew
npm run feed -- add DIR BUNDLE MANIFEST.json                a release
npm run feed -- delta DIR NAME FROM-NAME                    what boxes that run FROM-NAME load instead of all of NAME
npm run feed -- ring DIR NAME canary|early|all [ISO-DATE]   from when a ring may have it
npm run feed -- withdraw DIR NAME                           nobody takes it any more
npm run feed -- sign FILE                                   one more signature on a draft
npm run feed -- take DIR FILE                               a draft that enough have signed becomes the feed’s
npm run feed -- refresh DIR                                 snapshot and timestamp, each day and after each change

--key FILE (more than once) signs; --passphrase-file FILE opens the keys. Where too few keys are at hand, --draft FILE
writes what is to be signed, for others to sign.`

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      'passphrase-file': { type: 'string' },
      draft: { type: 'string' },
      root: { type: 'string', multiple: true },
      'root-threshold': { type: 'string' },
      release: { type: 'string', multiple: true },
      'release-threshold': { type: 'string' },
      online: { type: 'string', multiple: true },
    },
  })

type Values = ReturnType<typeof parse>['values']

const commandsOf = (values: Values, positionals: readonly string[]): Readonly<Record<string, () => unknown>> => {
  const [, first = '', second = '', third, fourth] = positionals

  const passphrase = (): string => {
    const file = values['passphrase-file']
    if (file === undefined) throw new Error('--passphrase-file is needed: keys are sealed')
    return readFileSync(file, 'utf8').split('\n')[0]!
  }
  const keys = (): SigningKey[] => values.key.map((file) => readKeyFile(file, passphrase()))
  const readPublic = (file: string): Key => {
    const { keyid, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { keyid: string }
    return Key.fromJSON(keyid, rest)
  }
  const repository = (): Repository => ({ dir: first, now: Date.now() })

  /** Into the feed, or into a file for others to sign. */
  const finish = (document: Parameters<typeof take>[1]): void => {
    signAll(document, keys())
    if (values.draft === undefined) take(repository(), document)
    else writeFileSync(values.draft, draftText(document))
  }

  const signers = (): Signers => {
    const isFirst = values.root !== undefined && values.release !== undefined && values.online !== undefined
    const before = isFirst ? undefined : signersOf(repository())
    const of = (
      files: readonly string[] | undefined,
      threshold: string | undefined,
      kept: Signers['root'] | undefined,
    ) => ({
      keys: files?.map(readPublic) ?? kept?.keys ?? [],
      threshold: threshold === undefined ? (kept?.threshold ?? 1) : Number(threshold),
    })
    return {
      root: of(values.root, values['root-threshold'], before?.root),
      targets: of(values.release, values['release-threshold'], before?.targets),
      snapshot: of(values.online, undefined, before?.snapshot),
      timestamp: of(values.online, undefined, before?.timestamp),
    }
  }

  const openRing = (): Parameters<typeof take>[1] => {
    const ring = rings.find((name) => name === third)
    if (ring === undefined) throw new Error(`a ring is one of ${rings.join(', ')}`)
    const from = fourth ?? new Date().toISOString()
    const { custom } = sameReleases(repository()).signed.targets[second] ?? {}
    const { rings: before } = manifestSchema.parse(custom)
    return withChange(repository(), second, { rings: { ...before, [ring]: from } })
  }

  return {
    key() {
      const key = makeKeyFile(first, passphrase())
      writeFileSync(`${first}.pub`, `${JSON.stringify({ keyid: key.keyID, ...key.toJSON() })}\n`, { flag: 'wx' })
    },
    root: () => finish(nextRoot(repository(), signers())),
    list: () => finish(sameReleases(repository())),
    async add() {
      const manifest = JSON.parse(readFileSync(third ?? '', 'utf8')) as Manifest
      finish(await withRelease(repository(), manifest, second))
    },
    delta: async () => finish(await withDelta(repository(), second, third ?? '')),
    ring: () => finish(openRing()),
    withdraw: () => finish(withChange(repository(), second, { withdrawn: true })),
    sign: () => writeFileSync(first, draftText(signAll(readDraft(readFileSync(first, 'utf8')), keys()))),
    take: () => take(repository(), readDraft(readFileSync(second, 'utf8'))),
    refresh: () => refresh(repository(), keys()),
  }
}

/** Undefined when it is done, else why not; `USAGE` where there is no such command. */
export const runFeedCommand = async (args: readonly string[]): Promise<string | undefined> => {
  try {
    const { values, positionals } = parse(args)
    const commands = commandsOf(values, positionals)
    const [command = ''] = positionals
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined
    if (run === undefined) return USAGE
    await run()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
