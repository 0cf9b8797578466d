/** `lango console`: what stands on the box's own screen. It needs no box that runs, and holds nothing of one. */
import { readFileSync } from 'node:fs'
import { networkInterfaces, uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { dataFolder } from '../data-folder.ts'
import type { ConsoleFacts } from '../setup/console-facts.ts'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'

/** Where the image's own services tell how they stand. */
const OS_FOLDER = '/run/lango-os'
const WATCH_MS = 3000
/** A box that hangs is shown as one that is down. */
const ANSWER_WITHIN_MS = 2500
/** Over what stands there, line by line: nothing flickers, and what the kernel wrote between is gone (ECMA-48). */
const overWrite = (screen: string): string =>
  `\x1b[H${screen
    .split('\n')
    .map((line) => `${line}\x1b[K\n`)
    .join('')}\x1b[J`

const consoleCommand: CommandSpec = {
  path: ['console'],
  operands: [],
  summary: 'what the box’s own screen shows: addresses, fingerprint, setup code, state',
  options: {
    watch: { help: 'draw it again every few seconds, until Ctrl-C' },
    os: { value: 'DIR', help: `where the image tells how it stands (${OS_FOLDER})` },
  },
  examples: ['lango console', 'lango console --watch'],
  async run(context) {
    if (context.args.flag('watch')) {
      if (context.json) throw new UsageError('--watch draws a screen: leave --json away.')
      return watch(context)
    }
    const screen = await look(context)
    const { drawScreen } = await import('../setup/console-screen.ts')
    return shown(screen, () => drawScreen(screen))
  },
}

/** Whatever fails is on the screen or not there; the screen itself stays. */
const watch = async (context: CliContext): Promise<never> => {
  const { drawScreen } = await import('../setup/console-screen.ts')
  for (;;) {
    const drawn = await look(context)
      .then(drawScreen)
      .catch((error: Error) => `lango console: ${error.message}`)
    context.io.out(overWrite(drawn))
    await sleep(WATCH_MS)
  }
}

const look = async ({ dir, args, io }: CliContext) => {
  const { networkStatus, updateStatus } = await import('../setup/console-screen.ts')
  const { lastBackupSchema, LAST_BACKUP_FILE } = await import('../backup/parts.ts')
  const { productVersion } = await import('../version.ts')
  const os = args.text('os') ?? OS_FOLDER
  return {
    version: productVersion(),
    hostName: io.hostName,
    interfaces: networkInterfaces(),
    uptimeSec: Math.floor(uptime()),
    box: await askBox(dir),
    noData: textOf(join(os, 'no-data')),
    backupAt: readAs(lastBackupSchema, join(dir, LAST_BACKUP_FILE))?.at,
    update: readAs(updateStatus, join(os, 'update.json')),
    network: readAs(networkStatus, join(os, 'network.json')),
  }
}

/** Only by its socket: whoever opens the folder of a box that is down keeps it from starting. */
const askBox = async (dir: string): Promise<ConsoleFacts | undefined> => {
  const { connectRpc } = await import('../rpc/client.ts')
  const link = await connectRpc(dataFolder(dir).socketFile)
  if (!link.ok || link.value === undefined) return undefined
  const asked = await Promise.race([
    link.value.action('box.console', {}),
    sleep(ANSWER_WITHIN_MS, undefined, { ref: false }),
  ])
  await link.value.close()
  return asked?.ok === true ? (asked.value as ConsoleFacts) : undefined
}

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Undefined where it is not there or not what it should be: half a file that is just being written. */
const readAs = <S extends z.ZodType>(schema: S, file: string): z.output<S> | undefined => {
  try {
    return schema.safeParse(JSON.parse(textOf(file) ?? '')).data
  } catch {
    return undefined
  }
}

export const consoleCommands = [consoleCommand]
