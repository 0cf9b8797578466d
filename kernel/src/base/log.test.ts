import { expect, test } from 'vitest'
import { createLog } from './log.ts'
import { secret } from './secret.ts'

const collect = (level: 'debug' | 'info' = 'debug') => {
  const lines: string[] = []
  return { log: createLog({ level, sink: { write: (line: string) => lines.push(line) } }), lines }
}

test('a line is one JSON object with time, level, message and the fields of log and child', () => {
  const { log, lines } = collect()
  log.child({ thread: 'front' }).warn('refused', { login: 'amina', tries: 2 })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40, thread: 'front', login: 'amina', tries: 2, msg: 'refused' })
  expect(JSON.parse(lines[0]!).time).toMatch(/^\d{4}-/)
})

test('secrets are hidden by their type and by the name of their field, at any depth', () => {
  const { log, lines } = collect()
  log.info('adopted', {
    held: secret('hunter2'),
    router: { secret: 'hunter2', list: [{ accessToken: 'hunter2' }] },
    Authorization: 'Bearer hunter2',
    psk: 'hunter2',
    credential: Buffer.from('hunter2'),
    packet: Buffer.from('hunter2'),
    tokensLeft: 3,
  })
  log.child({ password: 'hunter2' }).error('x')
  expect(lines.join('')).not.toContain('hunter2')
  expect(lines[0]).toContain('"tokensLeft":3')
})

test('errors keep their stack; cycles, huge texts and bigints do not break the log', () => {
  const { log, lines } = collect()
  const loop: Record<string, unknown> = { big: 1n }
  loop['again'] = loop
  log.error('fell', { error: new Error('boom'), loop, long: 'x'.repeat(100_000), none: null, missing: undefined })
  const line = JSON.parse(lines[0]!)
  expect(line.error).toMatchObject({ message: 'boom', type: 'Error' })
  expect(line.error.stack).toContain('log.test')
  expect(lines[0]!.length).toBeLessThan(20_000)
})

test('what is below the level is not written', () => {
  const { log, lines } = collect('info')
  log.debug('quiet')
  expect(lines).toEqual([])
})
