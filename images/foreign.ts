/** Programs of another processor run here, by qemu's user emulation, for as long as an image of it is made. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from './board.ts'
import { run } from './shell.ts'

const BINFMT = '/proc/sys/fs/binfmt_misc'
const emulators = { arm64: 'qemu-aarch64', amd64: 'qemu-x86_64' } as const

function runsHere({ debianArch }: Board): boolean {
  try {
    run('arch-test', [debianArch])
    return true
  } catch {
    return false
  }
}

/** The kernel is told who runs them, and forgets it afterwards: this machine is as it was. */
export function withProcessor<T>(board: Board, body: () => T): T {
  const own = process.arch === 'arm64' ? 'arm64' : 'amd64'
  if (board.debianArch === own || runsHere(board)) return body()
  const name = emulators[board.debianArch]
  const rule = `/usr/lib/binfmt.d/${name}.conf`
  if (!existsSync(rule)) throw new Error(`an image for ${board.debianArch} needs qemu-user-static on this machine`)
  const isMounted = existsSync(join(BINFMT, 'register'))
  if (!isMounted) run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', BINFMT])
  try {
    writeFileSync(join(BINFMT, 'register'), readFileSync(rule))
    try {
      return body()
    } finally {
      writeFileSync(join(BINFMT, name), '-1')
    }
  } finally {
    if (!isMounted) run('umount', [BINFMT])
  }
}
