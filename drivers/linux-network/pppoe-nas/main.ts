/** `pppoe-nas CONFIG LINES`: what of the box's own NAS pppd does not do. Ends with SIGTERM; lines go on without it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { createLog } from '@lango/kernel'
import { readLines, type Line } from './lines.ts'
import { startPppoeNas } from './obey.ts'

const SHAPE = '/usr/lib/lango/lango-pppoe-shape'
const SHAPE_TIMEOUT_MS = 5000

const configSchema = z.strictObject({ secret: z.string(), address: z.string(), port: z.number(), name: z.string() })

/** A number may be another program's by now. */
const end = ({ pid }: Line): void => {
  if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'pppd') throw new Error(`${pid} is no pppd`)
  process.kill(pid, 'SIGTERM')
}

const shape = ({ iface }: Line, attributes: string): void => {
  const { status, stderr } = spawnSync(SHAPE, [iface], {
    input: attributes,
    encoding: 'utf8',
    timeout: SHAPE_TIMEOUT_MS,
  })
  if (status !== 0) throw new Error(`${SHAPE} ${iface}: ${stderr}`)
}

const [config, lines] = process.argv.slice(2)
if (config === undefined || lines === undefined) {
  console.error('pppoe-nas CONFIG LINES')
  process.exit(2)
}
const server = await startPppoeNas({
  ...configSchema.parse(JSON.parse(readFileSync(config, 'utf8'))),
  lines: () => readLines(lines),
  end,
  shape,
  now: Date.now,
  log: createLog({ level: 'info', sink: process.stderr }),
})
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)))
