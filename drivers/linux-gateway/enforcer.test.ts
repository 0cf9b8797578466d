import { createLog } from '@lango/kernel'
import { expect, test } from 'vitest'
import { Enforcer } from './enforcer.ts'
import { KernelError, type Kernel } from './kernel.ts'
import { begun } from './sessions.ts'

const config = {
  lan: 'br0',
  wan: 'wan0',
  address: '10.40.0.1',
  prefix: 16,
  prefix6: undefined,
  portal: { ip: undefined, port: 443 },
  apiPort: 443,
}
const grant = {
  downKbps: 4000,
  upKbps: 512,
  sessionSec: 60,
  quotaBytes: undefined,
  idleSec: 0,
  interimSec: 0,
  className: '',
}
const who = { id: 'ab12', ip: '10.40.0.11', mac: '02:00:00:00:40:01', userName: 'u', minor: 0x1f }
const session = begun(grant, who, 0)

/** A kernel that has some queue disciplines and lacks others, and what `tc` was told. */
const createScene = (...lacking: readonly string[]) => {
  const told: string[] = []
  const kernel: Kernel = {
    nft: async () => undefined,
    nftList: async () => undefined,
    tc: async (lines) => {
      told.push(...lines)
      const refused = lines.find((line) => lacking.some((kind) => line.includes(` ${kind}`)))
      if (refused !== undefined) throw new KernelError(`Specified qdisc kind is unknown: ${refused}`)
    },
    qdiscs: async () => '',
    ip: async (...args) => (args.includes('-j') ? '[]' : ''),
    ipBatch: async () => undefined,
    macOf: async () => undefined,
    daemon: async () => undefined,
    converse: () => ({ say: () => undefined, end: () => undefined }),
    monotonicMs: () => 0,
    bootId: () => 'b',
    setting: () => undefined,
    settingOf: () => undefined,
  }
  return {
    told,
    enforcer: new Enforcer(kernel, config, createLog({ level: 'error', sink: { write: () => undefined } })),
  }
}

test.each([
  { has: 'CAKE', lacking: [], down: 'cake unlimited besteffort', up: 'cake unlimited besteffort' },
  { has: 'fq_codel', lacking: ['cake'], down: 'fq_codel', up: 'fq_codel' },
  { has: 'neither', lacking: ['cake', 'fq_codel'], down: 'pfifo limit 67', up: 'pfifo limit 16' },
])(
  'where the kernel has $has, a client’s line is shared by that, within their class',
  async ({ lacking, down, up }) => {
    const { told, enforcer } = createScene(...lacking)
    await enforcer.setUp(true)
    expect(told.filter((line) => line.includes('classid 1:fff0'))).toEqual([
      'class replace dev br0 parent 1: classid 1:fff0 htb rate 1000kbit',
      'class delete dev br0 classid 1:fff0',
    ])
    told.length = 0
    await enforcer.open([session], 0)
    expect(told).toEqual([
      'class replace dev br0 parent 1: classid 1:1f htb rate 4000kbit ceil 4000kbit quantum 1514',
      `qdisc replace dev br0 parent 1:1f ${down}`,
      'class replace dev wan0 parent 1: classid 1:1f htb rate 512kbit ceil 512kbit quantum 1514',
      `qdisc replace dev wan0 parent 1:1f ${up}`,
    ])
  },
)
