import { expect, test } from 'vitest'
import { z } from 'zod'
import { err, ok } from '../base/index.ts'
import { memorySite } from '../testing/index.ts'
import { shop } from '../testing/shop.fixture.ts'
import { verifyAudit } from './audit-verify.ts'
import { defineCommand } from './command.ts'
import { createPersonalReader, destroyPersonKeys, ERASED, personalIn, UNKNOWN_PERSON } from './personal.ts'
import { personKeys } from './tables.ts'

const buyer = z.object({ id: z.string(), name: z.string(), phone: z.string(), amount: z.number() })

const sell = defineCommand({
  name: 'goods.sell',
  summary: 'Of the test.',
  permission: 'x',
  input: z.object({ buyers: z.array(buyer) }),
  audit: ({ buyers }, { value }) => ({
    buyers: buyers.map(({ id, ...rest }) => personalIn(value === undefined ? undefined : id, rest)),
  }),
  handle(ctx, { buyers }) {
    ctx.changed(null, personalIn(buyers[0]!.id, { login: `of ${buyers[0]!.name}`, sold: true }))
    return buyers[0]!.amount > 0 ? ok({ sold: buyers.length }) : err({ type: 'NothingSold' })
  },
})

const amina = { id: 'cus_a', name: 'Amina', phone: '+254700000001', amount: 1 }
const juma = { id: 'cus_j', name: 'Juma', phone: '+254700000002', amount: 2 }

const soldSite = () => {
  const site = memorySite([shop])
  const { raw } = site.database
  const records = () =>
    raw
      .prepare<[], { record: string }>('SELECT record FROM audit ORDER BY no')
      .all()
      .map(({ record }) => record)
  const read = createPersonalReader(raw, site.vault)
  return { ...site, raw, records, told: () => records().map(read) }
}

test('values of several people stand sealed in one record, and are told whole to whoever may read them', () => {
  const { must, records, told, count } = soldSite()
  must(sell, { buyers: [amina, juma] })
  const [record] = records()
  for (const secret of ['Amina', 'Juma', '+25470000000']) expect(record).not.toContain(secret)
  expect(record).toContain('"amount":1')
  expect(told()).toEqual([
    {
      input: {
        buyers: [
          { name: 'Amina', phone: '+254700000001', amount: 1 },
          { name: 'Juma', phone: '+254700000002', amount: 2 },
        ],
      },
      before: null,
      after: { login: 'of Amina', sold: true },
    },
  ])
  expect(count(personKeys)).toBe(2)
})

test('a destroyed key leaves nothing of its person and everything of others; the chain still holds', () => {
  const { must, told, raw, count } = soldSite()
  must(sell, { buyers: [amina, juma] })
  destroyPersonKeys(raw, ['cus_a'])
  must(sell, { buyers: [amina, juma] })
  expect(verifyAudit(raw).ok).toBe(true)
  for (const record of told())
    expect(record).toMatchObject({
      input: {
        buyers: [
          { name: ERASED, phone: ERASED, amount: 1 },
          { name: 'Juma', phone: '+254700000002' },
        ],
      },
      after: { login: ERASED },
    })
  // No key is made anew for somebody who was forgotten.
  expect(count(personKeys)).toBe(2)
  expect(JSON.stringify(raw.prepare('SELECT * FROM audit WHERE no = 2').all())).not.toContain('Amina')
})

test('what is refused of somebody unknown is kept without who they are', () => {
  const { dispatch, records, told, count } = soldSite()
  expect(dispatch(sell, { buyers: [{ ...amina, amount: 0 }] }).ok).toBe(false)
  expect(records()).toEqual([JSON.stringify({ buyers: [{ name: UNKNOWN_PERSON, phone: UNKNOWN_PERSON, amount: 0 }] })])
  expect(told()).toEqual([undefined])
  expect(count(personKeys)).toBe(0)
})

test('a box of one person does not open under another’s key, nor one that was altered', () => {
  const { must, records, raw, vault } = soldSite()
  must(sell, { buyers: [amina] })
  must(sell, { buyers: [juma] })
  const read = createPersonalReader(raw, vault)
  const [first, second] = records() as [string, string]
  const boxIn = (record: string) =>
    Object.values((JSON.parse(record) as { $personal: Record<string, string> }).$personal)[0]!
  const swapped = first.replace(boxIn(first), boxIn(second))
  const cut = first.replace(boxIn(first), 'AAAA')
  for (const record of [swapped, cut])
    expect(read(record)).toMatchObject({ input: { buyers: [{ name: ERASED, amount: 1 }] } })
})
