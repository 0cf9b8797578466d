/** The update of a slot as RAUC takes it: signed, with a hash tree, read while it is verified. */
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from './board.ts'
import type { SigningKeys } from './keys.ts'
import { run } from './shell.ts'

export function makeBundle(board: Board, slot: string, keys: SigningKeys, version: string, target: string): void {
  const folder = `${target}.d`
  rmSync(folder, { recursive: true, force: true })
  rmSync(target, { force: true })
  mkdirSync(folder)
  linkSync(slot, join(folder, 'slot.img'))
  writeFileSync(
    join(folder, 'manifest.raucm'),
    `[update]\ncompatible=lango-${board.debianArch}\nversion=${version}\n\n[bundle]\nformat=verity\n\n[image.rootfs]\nfilename=slot.img\n`,
  )
  // The slot is compressed already; as it is, a delta finds it in the bundle.
  run('rauc', [
    'bundle',
    '--mksquashfs-args=-noD',
    `--cert=${keys.certificate}`,
    `--key=${keys.key}`,
    `--keyring=${keys.authority}`,
    folder,
    target,
  ])
  rmSync(folder, { recursive: true })
}
