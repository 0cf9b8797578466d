import { expect, test } from 'vitest'
import { DropLog, dropLogLimits } from './drop-log.ts'

const recorder = () => {
  const lines: Record<string, unknown>[] = []
  return { lines, log: { info: () => {}, warn: (_: string, fields = {}) => void lines.push(fields) } }
}

test('a million drops of one cause are counted whole and written a few times', () => {
  const { lines, log } = recorder()
  const drops = new DropLog(log)
  for (let i = 0; i < 1_000_000; i++) drops.drop('bad-authenticator', '10.0.0.1', 1000, i / 100)
  expect(drops.counts).toEqual({ 'bad-authenticator': 1_000_000 })
  expect(lines.length).toBe(dropLogLimits.burst)
})

test('after a while a line is written again and says how many were not', () => {
  const { lines, log } = recorder()
  const drops = new DropLog(log)
  for (let i = 0; i < dropLogLimits.burst + 100; i++) drops.drop('short', '10.0.0.1', 1000, 0)
  drops.drop('short', '10.0.0.1', 1000, dropLogLimits.lineEveryMs)
  expect(lines.at(-1)).toEqual({ cause: 'short', address: '10.0.0.1', port: 1000, unwritten: 100 })
})

test('a flood of one cause hides no other cause', () => {
  const { lines, log } = recorder()
  const drops = new DropLog(log)
  for (let i = 0; i < 1000; i++) drops.drop('bad-authenticator', '10.0.0.1', 1000, 0)
  drops.drop('unknown-client', '10.0.0.2', 1000, 0)
  expect(lines.at(-1)).toMatchObject({ cause: 'unknown-client', address: '10.0.0.2' })
})
