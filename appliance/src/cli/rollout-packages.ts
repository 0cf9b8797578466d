/** `lango rollout packages`, and the files themselves: they lie in the data folder, and the box knows what each holds. */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { err, ok, syncFolder, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { readPackageName, type listRouterPackages } from '@lango/modules/rollouts'
import { packageFolder } from '../rollouts/hand-out.ts'
import { refused, shown, type CommandSpec } from './command.ts'
import { clean, localTime, octets, table } from './format.ts'
import type { RolloutFault } from './rollout-faults.ts'

type Packages = ResultOf<typeof listRouterPackages>

const packages: CommandSpec = {
  path: ['rollout', 'packages'],
  operands: [],
  summary: 'package files that were put into the box',
  options: {},
  examples: ['lango rollout packages'],
  async run({ query }) {
    const found = await query<Packages>('rollouts.packages', {})
    return found.ok ? shown(found.value, () => packagesText(found.value)) : found
  },
}

const packagesText = (files: Packages): string =>
  table(
    ['FILE', 'VERSION', 'ARCHITECTURE', 'SIZE', 'SHA-256', 'SINCE'],
    files.map(({ name, sizeBytes, sha256, addedAt }) => {
      const { version = '', architecture = '' } = readPackageName(name) ?? {}
      return [clean(name), version, architecture, octets(sizeBytes), sha256.slice(0, 16), localTime(addedAt)]
    }),
    'No package file is in the box. Put one in: lango rollout add-package FILE',
  )

type Copied = { readonly sha256: string; readonly sizeBytes: number }

/** Whole, or not at all. */
const copyIn = async (file: string, dir: string, name: string): Promise<Result<Copied, RolloutFault>> => {
  const partial = join(dir, `${name}.part`)
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const hash = createHash('sha256')
    await pipeline(
      createReadStream(file),
      async function* hashed(pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece)
          yield piece
        }
      },
      createWriteStream(partial, { mode: 0o600 }),
    )
    const written = openSync(partial, 'r+')
    fsyncSync(written)
    closeSync(written)
    const { size } = statSync(partial)
    renameSync(partial, join(dir, name))
    syncFolder(dir)
    return ok({ sha256: hash.digest('hex'), sizeBytes: size })
  } catch (error) {
    rmSync(partial, { force: true })
    return err({ type: 'RouterPackageUnreadable', file, cause: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

const add: CommandSpec = {
  path: ['rollout', 'add-package'],
  operands: ['FILE'],
  summary: 'put a package file of RouterOS into the box, for routers to fetch',
  options: {},
  notes: [
    'Its name says what it holds: leave it as MikroTik gives it. Each architecture has a file of its own, and so has each package beside the system.',
    'The box hands files out by its portal (--portal-port), each by an address that is good for one download.',
  ],
  examples: ['lango rollout add-package routeros-7.20.1-arm64.npk'],
  async run({ args, command, dir }) {
    const file = args.operand(0)!
    const name = basename(file)
    // Before anything is copied.
    if (!readPackageName(name)) return refused({ type: 'RouterPackageNameInvalid', name })
    const copied = await copyIn(file, packageFolder(dir), name)
    if (!copied.ok) return copied
    const added = await command<{ version: string; architecture: string }>('rollouts.addPackage', {
      name,
      ...copied.value,
    })
    return added.ok
      ? shown(added.value, () => `RouterOS ${added.value.version} for ${added.value.architecture} is in the box.`)
      : added
  },
}

const remove: CommandSpec = {
  path: ['rollout', 'remove-package'],
  operands: ['NAME'],
  summary: 'remove a package file from the box',
  options: {},
  examples: ['lango rollout remove-package routeros-7.20.1-arm64.npk'],
  async run({ args, command, dir }) {
    const name = args.operand(0)!
    const removed = await command('rollouts.removePackage', { name })
    if (!removed.ok) return removed
    rmSync(join(packageFolder(dir), basename(name)), { force: true })
    return shown(null, () => `${name} is removed.`)
  },
}

export const packageCommands = [packages, add, remove]
