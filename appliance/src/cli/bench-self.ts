/** `lango bench-self` */
import { existsSync } from 'node:fs'
import type { Fault, Result } from '@lango/kernel'
import type { Ceiling } from '../bench-self/ceiling.ts'
import type { BenchState } from '../bench-self/service.ts'
import { dataFolder } from '../data-folder.ts'
import { connectRpc } from '../rpc/client.ts'
import { refused, shown, type CliContext, type CommandSpec, type Shown } from './command.ts'
import { localTime, octets } from './format.ts'

const LOOK_MS = 500

const benchSelf: CommandSpec = {
  path: ['bench-self'],
  operands: [],
  summary: 'measure what this box can do at most: logins and accounting a second, on its own disk',
  options: {},
  notes: [
    'Takes about 20 seconds: a second box in a scratch folder beside the data is asked as fast as it answers, in a process that',
    'runs only while nobody else wants the processor. The box goes on serving; one with much to do refuses.',
  ],
  examples: ['lango bench-self', 'lango bench-self --json'],
  async run(context) {
    const { dir } = context
    const folder = dataFolder(dir)
    if (!existsSync(folder.siteFile)) return refused({ type: 'FolderMissing', dir })
    const link = await connectRpc(folder.socketFile)
    if (!link.ok) return link
    const box = link.value
    if (box === undefined) return offline(context)
    try {
      let state = (await box.action('bench.start', {})) as Result<BenchState, Fault>
      while (state.ok && state.value.running !== undefined) {
        await new Promise((done) => setTimeout(done, LOOK_MS))
        state = (await box.action('bench.show', {})) as Result<BenchState, Fault>
      }
      if (!state.ok) return state
      const { fault } = state.value
      return fault ? refused(fault) : told(state.value)
    } finally {
      await box.close()
    }
  },
}

const offline = async ({ dir, io }: CliContext): Promise<Result<Shown, Fault>> => {
  const { startBench } = await import('../bench-self/run.ts')
  const bench = startBench(dataFolder(dir), io.now, undefined)
  if (!bench.ok) return bench
  const ceiling = await bench.value.done
  return ceiling.ok ? told({ ceiling: ceiling.value }) : ceiling
}

const stop: CommandSpec = {
  path: ['bench-self', 'stop'],
  operands: [],
  summary: 'stop a measurement that goes on',
  options: {},
  examples: ['lango bench-self stop'],
  async run({ action }) {
    const stopped = await action<BenchState>('bench.stop', {})
    return stopped.ok ? told(stopped.value) : stopped
  },
}

const show: CommandSpec = {
  path: ['bench-self', 'show'],
  operands: [],
  summary: 'what was measured last, and how near today’s load comes to it',
  options: {},
  examples: ['lango bench-self show'],
  async run({ action }) {
    const state = await action<BenchState>('bench.show', {})
    return state.ok ? told(state.value) : state
  },
}

const told = (state: BenchState): Result<Shown, Fault> =>
  shown(state, () =>
    state.ceiling ? stateText(state.ceiling, state) : 'Nothing has been measured yet: lango bench-self',
  )

const whole = (value: number): string => Math.round(value).toLocaleString('en')

const stateText = (ceiling: Ceiling, { busiest }: BenchState): string => {
  const { at, logins, accounting, lost, cpuShareBefore = 0, processor, processors, memoryOctets, disk } = ceiling
  return [
    `Measured ${localTime(at)}: ${processors} × ${processor}, ${octets(memoryOctets)} of memory${disk === undefined ? '' : `, disk ${disk}`}.`,
    `logins      ${whole(logins.perSec)}/s, 95 % within ${logins.p95Ms.toFixed(1)} ms`,
    `accounting  ${whole(accounting.perSec)}/s, 95 % within ${accounting.p95Ms.toFixed(1)} ms`,
    ...(lost > 0 ? [`${lost} were not answered within a second.`] : []),
    ...(cpuShareBefore > BUSY_SHARE
      ? [`The machine was ${Math.round(cpuShareBefore * 100)} % busy with other things: it can do more than this.`]
      : []),
    ...(busiest
      ? [`The busiest minute since ${localTime(busiest.from)}: ${percentText(busiest.share)} of what this box can do.`]
      : []),
  ].join('\n')
}

export const BUSY_SHARE = 0.3

const percentText = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

export const benchCommands = [benchSelf, stop, show]
