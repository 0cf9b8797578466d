/** The last lines of the box's log, where systemd keeps them. */
import { spawnSync } from 'node:child_process'

const LINES_MAX = 2000
const WITHIN_MS = 5000
const OCTETS_MAX = 8 << 20

/** Undefined where there is no journal, or this user may not read it. */
export const journalLines = (program = 'journalctl'): readonly string[] | undefined => {
  const { status, stdout } = spawnSync(
    program,
    ['--unit', 'lango', '--output', 'cat', '--lines', String(LINES_MAX), '--no-pager', '--quiet'],
    { encoding: 'utf8', timeout: WITHIN_MS, maxBuffer: OCTETS_MAX, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  if (status !== 0) return undefined
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.length === 0 ? undefined : lines
}
