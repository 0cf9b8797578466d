/** `lango health` */
import { existsSync } from 'node:fs'
import type { Fault, Result } from '@lango/kernel'
import { dataFolder } from '../data-folder.ts'
import type { BoxStatus } from '../doctor/index.ts'
import type { Health } from '../health/probe.ts'
import { connectRpc } from '../rpc/client.ts'
import type { StandbyStatus } from '../standby/pair-state.ts'
import { refused, shown, type CliContext, type CommandSpec } from './command.ts'

/** Between two looks while it waits for the box. */
const LOOK_MS = 500

const health: CommandSpec = {
  path: ['health'],
  operands: [],
  summary: 'would this box serve a subscriber now? It tries a login, a session and its pages',
  options: { wait: { value: 'SECONDS', help: 'try again until it would, for so long at most' } },
  notes: [
    'The box has a login of its own for this. It is good from this machine alone, and counts nowhere.',
    'The exit code is 0 only when everything was as it should be: an update is kept by it, or taken back.',
  ],
  examples: ['lango health', 'lango health --wait 60 --json'],
  async run(context) {
    const { args, dir, io } = context
    const waitSec = args.whole('wait')
    const { siteFile, socketFile } = dataFolder(dir)
    // A standby has its copy elsewhere; it is known by its socket.
    if (waitSec === undefined && !existsSync(siteFile) && !existsSync(socketFile))
      return refused({ type: 'FolderMissing', dir })
    const until = io.monotonicMs() + (waitSec ?? 0) * 1000
    for (;;) {
      const found = await look(context)
      if (!found.ok) return found
      const { healthy, checks } = found.value
      if (healthy || io.monotonicMs() + LOOK_MS > until)
        return shown(found.value, () => checks.map(checkText).join('\n'), { exitCode: healthy ? 0 : 1 })
      await new Promise((done) => setTimeout(done, LOOK_MS))
    }
  },
}

const look = async ({ dir, io }: CliContext): Promise<Result<Health, Fault>> => {
  const { systemRandom } = await import('@lango/kernel')
  const { probeHealth, standbyHealth, unhealthy } = await import('../health/probe.ts')
  const folder = dataFolder(dir)
  const link = await connectRpc(folder.socketFile)
  if (!link.ok) return link
  // Nor is there a folder yet on the first start of a machine.
  if (!link.value) return { ok: true, value: unhealthy('it does not run') }
  const status = await link.value.action('box.status', {})
  const isStandby = !status.ok && status.error.type === 'BoxIsStandby'
  const pair = isStandby ? await link.value.action('standby.status', {}) : undefined
  await link.value.close()
  if (pair?.ok) return { ok: true, value: standbyHealth((pair.value as StandbyStatus).link) }
  // It may have been on its way down.
  if (!status.ok) return { ok: true, value: unhealthy(status.error.type) }
  return probeHealth(status.value as BoxStatus, { folder, random: systemRandom(), monotonicMs: io.monotonicMs })
}

const words: Readonly<Record<Health['checks'][number]['name'], string>> = {
  box: 'the box runs',
  standby: 'as a standby, and is fed',
  login: 'a login is accepted',
  accounting: 'a session is acknowledged',
  stored: 'and is on the disk',
  web: 'the pages answer',
}

const checkText = ({ name, ok, ms, cause }: Health['checks'][number]): string =>
  ok ? `ok      ${words[name]} (${ms} ms)` : `FAILED  ${words[name]}: ${cause}`

export const healthCommands = [health]
