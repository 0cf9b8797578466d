import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { finishOrders, orderSession, orderSessions, sessions } from './index.ts'

const DAY_MS = 86_400_000

const site = () => {
  const made = memorySite([sessions])
  const { raw } = made.database
  const end = (sessionNo: number) =>
    ({ sessionNo, acctSessionId: `s${sessionNo}`, kind: 'end', reason: 'expired' }) as const
  return {
    ...made,
    end,
    place: (...numbers: readonly number[]) => made.must(orderSessions, { orders: numbers.map(end) }),
    finish: (orderId: string, state: 'done' | 'failed') => ({
      orderId,
      state,
      steps: [{ at: 1, means: 'disconnect', outcome: 'ack' }],
    }),
    orders: () =>
      raw
        .prepare<[], { id: string; no: number; state: string; steps: string }>(
          'SELECT id, session_no no, state, steps FROM session_orders ORDER BY id',
        )
        .all(),
    audited: (command: string) =>
      raw.prepare<[string], string>('SELECT record FROM audit WHERE command = ?').pluck().all(command),
  }
}

test('a session has one waiting order of a kind, whoever asks, and as often; a change does not stand in for an end', () => {
  const { must, end, place, orders } = site()
  place(1, 2, 1)
  place(2)
  expect(must(orderSession, { ...end(1), reason: 'desk' })).toEqual({ orderId: orders()[0]!.id, isNew: false })
  expect(must(orderSession, { ...end(1), kind: 'change' })).toMatchObject({ isNew: true })
  expect(orders().map(({ no }) => no)).toEqual([1, 2, 1])
})

test('orders of a group are told of once, and each stands in one entry of the audit log; what became of them too', () => {
  const { must, place, end, finish, orders, audited, told } = site()
  place(1, 2, 3)
  expect(told.map(({ data }) => data)).toEqual([{ orders: 3 }])
  place(1, 2, 3)
  expect(told).toHaveLength(1)
  expect(JSON.parse(audited('sessions.orderAll')[0]!)).toEqual({ orders: [1, 2, 3].map(end) })
  const outcomes = orders().map(({ id }) => finish(id, 'done'))
  must(finishOrders, { outcomes })
  expect(JSON.parse(audited('sessions.ordersFinished')[0]!)).toEqual({ outcomes })
})

test('an outcome of an order that is no more does not stop the others', () => {
  const { must, place, finish, orders } = site()
  place(1, 2)
  const [first, second] = orders()
  const outcomes = [finish(first!.id, 'done'), finish('ord_none', 'done'), finish(second!.id, 'failed')]
  expect(must(finishOrders, { outcomes })).toEqual({ unknown: ['ord_none'] })
  expect(orders().map(({ state }) => state)).toEqual(['done', 'failed'])
  expect(orders().map(({ steps }) => JSON.parse(steps) as unknown)).toEqual([outcomes[0]!.steps, outcomes[2]!.steps])
})

test('a session may be ordered again once its order is over, and after a month orders that are over go; one that waits never', () => {
  const { must, place, finish, orders, clock } = site()
  place(1, 2)
  must(finishOrders, { outcomes: [finish(orders()[0]!.id, 'failed')] })
  place(1)
  expect(orders().map(({ no, state }) => [no, state])).toEqual([
    [1, 'failed'],
    [2, 'waiting'],
    [1, 'waiting'],
  ])
  clock.advance(30 * DAY_MS + 1)
  place(3)
  expect(orders().map(({ no }) => no)).toEqual([2, 1, 3])
})
