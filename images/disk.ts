/** A whole disk: boot loader, two slots (the second empty), the data partition that grows. No loop device is needed. */
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from './board.ts'
import { run } from './shell.ts'

const MIB = 1024 * 1024
const here = import.meta.dirname

/** Mebibytes of each partition as shipped; the data partition takes the rest of the disk at the first start. */
export const layout = { startMib: 1, espMib: 64, slotMib: 640, dataMib: 256 } as const

/** Fixed numbers: the same input makes the same bytes. Boxes are told apart by their machine-id, not by their disk. */
const guid = (last: number): string => `6c616e67-6f00-4000-8000-0000000000${last.toString().padStart(2, '0')}`

type Partition = { readonly label: string; readonly sizeMib: number; readonly type: string }

const partitionsOf = (board: Board): readonly Partition[] => {
  // Discoverable Partitions Specification: root of each architecture; sgdisk's names for them.
  const rootType = board.debianArch === 'amd64' ? '8304' : '8305'
  return [
    { label: 'lango-esp', sizeMib: layout.espMib, type: 'ef00' },
    { label: 'lango-a', sizeMib: layout.slotMib, type: rootType },
    { label: 'lango-b', sizeMib: layout.slotMib, type: rootType },
    { label: 'lango-data', sizeMib: layout.dataMib, type: '8310' },
  ]
}

/** What the boot loader counts in, as `overlay/usr/lib/lango/boot-slots` writes it: only slot A has something to boot. */
const firstCounts = (): string => '# GRUB Environment Block\nORDER=A B\nA_LEFT=3\nB_LEFT=0\n'.padEnd(1024, '#')

const grubModules =
  'part_gpt fat squash4 gzio linux loadenv test regexp echo sleep reboot configfile normal search all_video'.split(' ')

function makeEsp(board: Board, grubFolder: string, work: string, epochSec: number): string {
  const esp = join(work, 'esp.img')
  rmSync(esp, { force: true })
  writeFileSync(esp, '')
  truncateSync(esp, layout.espMib * MIB)
  const loader = join(work, board.grubFile)
  run('grub-mkimage', [
    `--directory=${grubFolder}`,
    `--format=${board.grubTarget}`,
    '--prefix=/lango',
    `--config=${join(here, 'grub/embedded.cfg')}`,
    `--output=${loader}`,
    ...grubModules,
  ])
  const counts = join(work, 'slots.env')
  writeFileSync(counts, firstCounts())
  const env = { SOURCE_DATE_EPOCH: String(epochSec), MTOOLS_SKIP_CHECK: '1' }
  run('mkfs.vfat', ['-F', '32', '-i', '6c616e67', '-n', 'LANGO-ESP', '--invariant', esp])
  run('mmd', ['-i', esp, '::/EFI', '::/EFI/BOOT', '::/lango'], { env })
  for (const [from, to] of [
    [loader, `::/EFI/BOOT/${board.grubFile}`],
    [join(here, 'grub/grub.cfg'), '::/lango/grub.cfg'],
    [counts, '::/lango/slots.env'],
    [counts, '::/lango/slots2.env'],
  ] as const) {
    run('mcopy', ['-i', esp, from, to], { env })
  }
  return esp
}

function makeData(work: string, epochSec: number): string {
  const data = join(work, 'data.img')
  rmSync(data, { force: true })
  writeFileSync(data, '')
  truncateSync(data, layout.dataMib * MIB)
  // resize: room in the descriptor table for a disk of 4 TiB; it grows while mounted.
  run(
    'mke2fs',
    [
      '-q',
      '-t',
      'ext4',
      '-b',
      '4096',
      '-m',
      '3',
      '-L',
      'lango-data',
      '-U',
      guid(4),
      '-E',
      `resize=1073741824,hash_seed=${guid(4)}`,
      data,
    ],
    { env: { E2FSPROGS_FAKE_TIME: String(epochSec) } },
  )
  return data
}

/** Writes the disk to `target`, sparse. `grubFolder` has the boot loader's modules (`usr/lib/grub/TARGET` of Debian's part). */
export function makeDisk(
  board: Board,
  slot: string,
  grubFolder: string,
  target: string,
  work: string,
  epochSec: number,
): void {
  const size = statSync(slot).size
  if (size > layout.slotMib * MIB) throw new Error(`the slot has ${size} octets, its partition ${layout.slotMib} MiB`)
  const partitions = partitionsOf(board)
  const totalMib = layout.startMib + partitions.reduce((sum, { sizeMib }) => sum + sizeMib, 0) + 1
  rmSync(target, { force: true })
  writeFileSync(target, '')
  truncateSync(target, totalMib * MIB)
  const table = partitions.flatMap(({ label, sizeMib, type }, index) => {
    const number = index + 1
    return [
      `--new=${number}:0:+${sizeMib}M`,
      `--typecode=${number}:${type}`,
      `--change-name=${number}:${label}`,
      `--partition-guid=${number}:${guid(number)}`,
    ]
  })
  run('sgdisk', ['--clear', `--disk-guid=${guid(0)}`, ...table, target])
  const sources = [makeEsp(board, grubFolder, work, epochSec), slot, undefined, makeData(work, epochSec)]
  let atMib = layout.startMib
  for (const [index, { sizeMib }] of partitions.entries()) {
    const source = sources[index]
    if (source !== undefined) {
      run('dd', [`if=${source}`, `of=${target}`, 'bs=1M', `seek=${atMib}`, 'conv=notrunc,sparse', 'status=none'])
    }
    atMib += sizeMib
  }
}
