/** `lango doctor` */
import { existsSync } from 'node:fs'
import { dataFolder } from '../data-folder.ts'
import type { BoxStatus, Check } from '../doctor/index.ts'
import { connectRpc } from '../rpc/client.ts'
import { refused, shown, type CommandSpec } from './command.ts'

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
    const checks = examined.value
    return shown(checks, () => checks.map(checkText).join('\n'), {
      exitCode: checks.some(({ state }) => state === 'stopped') ? 1 : 0,
    })
  },
}

const checkText = ({ name, state, sentence, remedy }: Check): string =>
  `${signs[state]}${name}: ${sentence}${remedy === '' ? '' : `\n        → ${remedy}`}`

export const doctorCommands = [doctor]
