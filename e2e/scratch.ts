import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * One folder for everything a run writes, also by suites that are skipped or die
 * half-way; it goes when the run ends. The name is short: a Unix socket lies in it.
 */
export function setup(): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'lango-e2e-'))
  process.env['TMPDIR'] = scratch
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
}
