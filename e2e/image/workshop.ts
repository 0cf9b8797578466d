/** Images and updates for the tests, made by the very functions that `npm run image` calls. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packagesOf, readBoard, type Board } from '../../images/board.ts'
import { makeBundle } from '../../images/bundle.ts'
import { makeDisk } from '../../images/disk.ts'
import { withProcessor } from '../../images/foreign.ts'
import { makeKeys, type SigningKeys } from '../../images/keys.ts'
import { stageProduct } from '../../images/product.ts'
import { finishRoot, makeDebian } from '../../images/root.ts'
import { run } from '../../images/shell.ts'
import { makeSlot } from '../../images/slot.ts'
import type { Arch } from './vm.ts'

/** Any; the same in every build of a run, so that what differs is what a test changed. */
const epochSec = 1_790_000_000

/** Programs that `body` starts take this for today: `-365d`. Whoever signs with what has run out needs it. */
export function asOf<T>(offset: string, body: () => T): T {
  process.env['FAKETIME'] = offset
  process.env['LD_PRELOAD'] =
    `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`
  try {
    return body()
  } finally {
    delete process.env['FAKETIME']
    delete process.env['LD_PRELOAD']
  }
}

type BundleOptions = {
  readonly keys?: SigningKeys
  readonly change?: (root: string) => void
  /** When it is signed. */
  readonly signed?: string
}

/** When the workshop's own keys were made: what they sign may have run out since. */
export const KEYS_MADE = '-365d'

export type Workshop = {
  readonly board: Board
  readonly keys: SigningKeys
  readonly disk: string
  /** The private key; the other half stands in `.pub` beside it, for a set-up file. */
  readonly sshKey: string
  /** A signed update. `change` may spoil the root before it is packed; it is put back afterwards. */
  bundle(version: string, options?: BundleOptions): string
}

/** Kept between runs where somebody names a folder. */
export const workshopFolder = (): string => process.env['LANGO_IMAGE_FOLDER'] ?? join(tmpdir(), 'lango-image-tests')

/** Debian's part takes minutes and is the same for all: kept while the list of packages is what it was. */
export function debianPart(board: Board, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const target = join(folder, `debian-${board.debianArch}`)
  const stamp = `${target}.stamp`
  const wanted = createHash('sha256')
    .update(packagesOf(board).join(' ') + readFileSync(join(import.meta.dirname, '../../images/root.ts'), 'utf8'))
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    rmSync(stamp, { force: true })
    withProcessor(board, () => makeDebian(board, target, epochSec))
    writeFileSync(stamp, wanted)
  }
  return target
}

/** `feedRoot`: whom the image trusts about releases, `1.root.json` of a feed. */
export function openWorkshop(arch: Arch, folder: string, feedRoot?: string): Workshop {
  mkdirSync(folder, { recursive: true })
  const board = readBoard(arch)
  const [root, product, slot, disk] = ['root', 'product', 'slot.img', 'disk.img'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  const keys = asOf(KEYS_MADE, () => makeKeys(join(folder, 'keys'), 'Lango tests'))
  rmSync(keys.feedRoot, { force: true })
  if (feedRoot !== undefined) copyFileSync(feedRoot, keys.feedRoot)
  const debian = debianPart(board, folder)
  stageProduct(board, product, join(folder, 'cache'))
  rmSync(root, { recursive: true, force: true })
  run('cp', ['-a', debian, root])
  withProcessor(board, () => finishRoot(board, root, product, keys, { version: '1.0.0', epochSec }))
  // Packed for speed: what a test changes is small, and the rest is packed again for each.
  const pack = (target: string): void => void makeSlot(root, target, epochSec, 1)
  pack(slot)

  const sshKey = join(folder, 'technician')
  rmSync(sshKey, { force: true })
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tests', '-f', sshKey])
  makeDisk(board, slot, join(debian, 'usr/lib/grub', board.grubTarget), disk, folder, epochSec)

  return {
    board,
    keys,
    disk,
    sshKey,
    bundle(version, { keys: signer = keys, change, signed = '+0' } = {}) {
      const [image, bundle, before] = [`slot-${version}.img`, `${version}.raucb`, 'before'].map((name) =>
        join(folder, name),
      ) as [string, string, string]
      run('cp', ['-a', '--reflink=auto', root, before])
      try {
        const release = join(root, 'etc/os-release')
        writeFileSync(release, readFileSync(release, 'utf8').replaceAll('1.0.0', version))
        change?.(root)
        pack(image)
      } finally {
        rmSync(root, { recursive: true })
        run('mv', [before, root])
      }
      asOf(signed, () => makeBundle(board, image, signer, version, bundle))
      rmSync(image)
      return bundle
    },
  }
}
