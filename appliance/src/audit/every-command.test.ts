import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { verifyAudit, type AuditRow } from '@lango/kernel/verbs'
import { everyCommandByName, siteModules } from '../site.ts'

test('whoever asks for what they may not is on record: each command of each module, by whom and from where', () => {
  const { dispatcher, database } = memorySite(siteModules, { may: () => false })
  const actor = { kind: 'staff', id: 'stf_1' } as const
  expect(everyCommandByName.size).toBeGreaterThan(50)
  for (const [name, command] of everyCommandByName)
    dispatcher.dispatch(command, {}, { id: `try ${name}`, actor, origin: '10.0.0.9' })
  const rows = database.raw
    .prepare<[], AuditRow>('SELECT command, outcome, actor_id actorId, origin, record FROM audit ORDER BY no')
    .all()
  expect(rows).toEqual(
    [...everyCommandByName.values()].map(({ name, permission }) => ({
      command: name,
      outcome: 'forbidden',
      actorId: 'stf_1',
      origin: '10.0.0.9',
      record: JSON.stringify({ type: 'Forbidden', permission }),
    })),
  )
  expect(verifyAudit(database.raw).ok).toBe(true)
})
