import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { CODE_PURPOSE, access, codeLogin } from '@lango/modules/access'
import { people } from '@lango/modules/people'
import { addPlan, plans } from '@lango/modules/plans'
import type { NasControl, NasSession } from '@lango/modules/sessions/port'
import { makeVouchers, openBatch, vouchers } from '@lango/modules/vouchers'
import { byTypedName } from './typed-names.ts'

const session: NasSession = {
  no: 1,
  routerNo: 1,
  acctSessionId: 's1',
  userName: 'amina',
  device: '',
  nas: '10.0.0.1',
  framedIp: '',
}

test('a router is told of a voucher by its code, of everybody else by the name that it sent', async () => {
  const { must, database, vault } = memorySite([people, access, plans, vouchers])
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {} })
  must(openBatch, { plan: 'Day', count: 1 })
  const [code] = must(makeVouchers, { batch: 1 }).codes
  const told: string[] = []
  const note = ({ userName }: NasSession): ReturnType<NasControl['disconnect']> => {
    told.push(userName)
    return Promise.resolve({ way: 'UDP', outcome: { type: 'ack' } })
  }
  const control = byTypedName({ disconnect: note, change: note }, database.raw, vault)
  const { signal } = new AbortController()
  const voucher = codeLogin(vault.keyedHash(code!, CODE_PURPOSE))
  for (const userName of [voucher, 'amina', codeLogin('f'.repeat(64))])
    await control.disconnect({ ...session, userName }, 'session+user', signal)
  await control.change({ ...session, userName: voucher }, 'session+user', {}, signal)
  expect(told).toEqual([code, 'amina', codeLogin('f'.repeat(64)), code])
})
