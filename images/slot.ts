/**
 * One slot as it is written to its partition: a squashfs, one block that says how it is verified, the hash tree of
 * dm-verity. `initramfs/scripts/local-top/lango` reads it.
 */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { run } from './shell.ts'

const BLOCK = 4096
/** dm-verity's salt is public and against nothing here; a fixed one makes the same bytes of the same input. */
const SALT = '6c616e676f'.padEnd(64, '0')
const UUID = '6c616e67-6f00-4000-8000-000000000001'

export type SlotImage = { readonly rootHash: string; readonly sizeBytes: number }

/** Octets of the file system: of its superblock (octet 40, 64 bits, little endian). */
export function squashfsBytes(path: string): number {
  const file = openSync(path, 'r')
  try {
    const superblock = Buffer.alloc(96)
    readSync(file, superblock, 0, 96, 0)
    if (superblock.readUInt32LE(0) !== 0x73717368) throw new Error(`${path} is no squashfs`)
    return Number(superblock.readBigUInt64LE(40))
  } finally {
    closeSync(file)
  }
}

/**
 * gzip: the boot loader reads it, and a small processor unpacks it quickly. Kernel and RAM disk are compressed already
 * and stay as they are. `level` 1 to 9 as gzip has them.
 */
export function makeSlot(root: string, target: string, epochSec: number, level = 9): SlotImage {
  const time = String(epochSec)
  rmSync(target, { force: true })
  const packed = ['-comp', 'gzip', '-Xcompression-level', String(level), '-b', '256K', '-no-xattrs']
  run('mksquashfs', [root, target, ...packed, '-noappend', '-no-progress', '-quiet'], {
    env: { SOURCE_DATE_EPOCH: time },
  })
  const dataBlocks = Math.ceil(squashfsBytes(target) / BLOCK)
  truncateSync(target, dataBlocks * BLOCK)
  const hashed = `${target}.data`
  copyFileSync(target, hashed)
  const said = run('veritysetup', [
    'format',
    hashed,
    target,
    `--data-blocks=${dataBlocks}`,
    `--hash-offset=${(dataBlocks + 1) * BLOCK}`,
    `--salt=${SALT}`,
    `--uuid=${UUID}`,
  ])
  rmSync(hashed)
  const rootHash = /Root hash:\s+([0-9a-f]{64})/.exec(said)?.[1]
  if (rootHash === undefined) throw new Error(`veritysetup named no root hash:\n${said}`)
  const line = Buffer.from(`lango-verity-1 root_hash=${rootHash}\n`)
  const file = openSync(target, 'r+')
  try {
    writeSync(file, line, 0, line.length, dataBlocks * BLOCK)
  } finally {
    closeSync(file)
  }
  const rest = statSync(target).size % BLOCK
  if (rest > 0) appendFileSync(target, Buffer.alloc(BLOCK - rest))
  return { rootHash, sizeBytes: statSync(target).size }
}
