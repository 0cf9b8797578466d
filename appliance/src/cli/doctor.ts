/** `lango doctor` */
import { existsSync } from 'node:fs'
import type { Fault, Result } from '@lango/kernel'
import { dataFolder } from '../data-folder.ts'
import type { BoxStatus, Check } from '../doctor/index.ts'
import { connectRpc } from '../rpc/client.ts'
import { readPair, type PairStatus } from '../standby/pair-state.ts'
import { refused, shown, type CommandSpec, type Shown } from './command.ts'

const signs = { ok: 'ok      ', attention: 'look    ', stopped: 'STOPPED ' } as const

const doctor: CommandSpec = {
  path: ['doctor'],
  operands: [],
  summary: 'is the box in order? Disk, databases, keys, certificates, clock, routers, backups',
  options: { full: { help: 'read every page of the databases and the whole audit log; takes a while' } },
  notes: ['The exit code is 1 when something has stopped: when somebody is not served now.'],
  examples: ['lango doctor', 'lango doctor --full --json'],
  async run({ args, dir, io }) {
    const folder = dataFolder(dir)
    const pair = readPair(folder)
    if (pair?.role === 'standby') return examineStandby(folder.socketFile, io.now())
    if (!existsSync(folder.siteFile)) return refused({ type: 'FolderMissing', dir })
    const link = await connectRpc(folder.socketFile)
    if (!link.ok) return link
    const status = await link.value?.action('box.status', {})
    await link.value?.close()
    if (status?.ok === false) return status
    const { systemRandom } = await import('@lango/kernel')
    const { examineAll } = await import('../doctor/index.ts')
    const examined = await examineAll({
      folder,
      status: status?.value as BoxStatus | undefined,
      now: io.now(),
      full: args.flag('full'),
      random: systemRandom(),
    })
    if (!examined.ok) return examined
    return shownChecks(examined.value)
  },
}

const shownChecks = (checks: readonly Check[]): Result<Shown, never> =>
  shown(checks, () => checks.map(checkText).join('\n'), {
    exitCode: checks.some(({ state }) => state === 'stopped') ? 1 : 0,
  })

/** A standby's databases are no files that could be opened. */
const examineStandby = async (socketFile: string, now: number): Promise<Result<Shown, Fault>> => {
  const link = await connectRpc(socketFile)
  if (!link.ok) return link
  const status = await link.value?.action('standby.status', {})
  await link.value?.close()
  const { checkPair } = await import('../standby/check.ts')
  const { stopped } = await import('../doctor/check.ts')
  if (status === undefined)
    return shownChecks([stopped('standby', 'This box is a standby, and does not run.', 'Start it: lango start')])
  return status.ok ? shownChecks(checkPair(status.value as PairStatus, now)) : status
}

const checkText = ({ name, state, sentence, remedy }: Check): string =>
  `${signs[state]}${name}: ${sentence}${remedy === '' ? '' : `\n        → ${remedy}`}`

export const doctorCommands = [doctor]
