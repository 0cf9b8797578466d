/** What differs between the slot of one bundle and another bundle, as `firmware/delta.ts` reads it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system's unchanged files lie at other places of it: found in stretches of this. */
const BLOCK_BYTES = '2048'

const run = (command: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${command}: ${error.message}; apt-get install rdiff squashfs-tools`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** The delta's file, in a folder of its own that the caller removes. */
export function makeDelta(fromBundle: string, toBundle: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'lango-delta-'))
  const [signature, delta] = [join(dir, 'signature'), join(dir, 'delta')]
  try {
    run('unsquashfs', ['-q', '-n', '-f', '-d', join(dir, 'from'), fromBundle, 'slot.img'])
    run('rdiff', ['-b', BLOCK_BYTES, 'signature', join(dir, 'from/slot.img'), signature])
    run('rdiff', ['delta', signature, toBundle, delta])
    return delta
  } catch (error) {
    rmSync(dir, { recursive: true })
    throw error
  }
}
