/** A download in a process of its own, to be killed: it says each piece that is on the disk. */
import { systemTimers } from '@lango/kernel'
import { downloadBundle } from '../download.ts'
import type { Release } from '../manifest.ts'
import { httpSource } from '../source.ts'

const { dir, release, base } = JSON.parse(process.argv[2]!) as { dir: string; release: Release; base: string }
await downloadBundle(release, {
  dir,
  source: httpSource(base),
  timers: systemTimers(),
  monotonicMs: () => performance.now(),
  rateKbps: () => {
    process.stdout.write('piece\n')
    return 16_000
  },
  signal: new AbortController().signal,
  spareBytes: 1,
})
