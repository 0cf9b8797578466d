import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { createAuditLog } from '@lango/kernel/verbs'
import { auditedCommands, people, searchAudit } from './index.ts'

const outcomes = ['done', 'refused', 'failed', 'forbidden'] as const
const commands = ['plans.add', 'plans.set', 'vouchers.hand']
const actors = ['amina', 'juma']

/** Whoever did whatever, each so often that no two pages are alike. */
const withLog = () => {
  const made = memorySite([people])
  const append = createAuditLog(made.database.raw)
  for (let n = 0; n < 200; n++) {
    const id = actors[Math.floor(n / 7) % 2]!
    const [command, outcome] = [commands[n % 3]!, outcomes[Math.floor(n / 5) % 4]!]
    append({ at: n, actor: { kind: 'staff', id }, command, commandId: `cmd_${n}`, outcome, record: {} })
  }
  return made
}

test('whatever is asked for, a page has the latest that fit and no other', () => {
  const { query } = withLog()
  const all = query(searchAudit, { limit: 1000 })
  expect(all).toHaveLength(200)
  for (const actorId of [undefined, ...actors, 'nobody'])
    for (const outcome of [undefined, ...outcomes])
      for (const of of [undefined, [], ['plans.set'], ['plans.add', 'vouchers.hand', 'none']])
        for (const before of [undefined, 90]) {
          const fits = all.filter(
            (row) =>
              (actorId === undefined || row.actorId === actorId) &&
              (outcome === undefined || row.outcome === outcome) &&
              (of === undefined || of.includes(row.command)) &&
              (before === undefined || row.no < before),
          )
          const asked = { actorId, outcome, commands: of, before, limit: 4 }
          expect(query(searchAudit, asked), JSON.stringify(asked)).toEqual(fits.slice(0, 4))
        }
})

test('the log tells which commands it has', () => {
  expect(withLog().query(auditedCommands, {})).toEqual(commands)
  expect(memorySite([people]).query(auditedCommands, {})).toEqual([])
})
