import { memoryVault, seededRandom } from '@lango/kernel'
import { expect, test } from 'vitest'
import { createTickets, TICKET_LIFE_MS } from './tickets.ts'

const clock = { at: 1_795_240_000_000, now: () => clock.at }
const tickets = createTickets(memoryVault(seededRandom(1)), clock)

test('a ticket says what it is for until it is over', () => {
  const purchase = { kind: 'purchase', purchaseId: 'pur_01kc2v9xj5f3a' } as const
  const grant = { kind: 'grant', grantNo: 42 } as const
  const [bought, granted] = [tickets.write(purchase), tickets.write(grant)]
  expect([tickets.read(bought), tickets.read(granted)]).toEqual([purchase, grant])
  expect(bought).toMatch(/^[\w.-]+$/)
  clock.at += TICKET_LIFE_MS + 60_000
  expect(tickets.read(granted)).toBeUndefined()
})

test('nothing that was changed is a ticket, nor one of another box', () => {
  const text = tickets.write({ kind: 'grant', grantNo: 42 })
  for (let at = 0; at < text.length; at++) {
    const changed = text.slice(0, at) + (text[at] === '1' ? '2' : '1') + text.slice(at + 1)
    expect(tickets.read(changed)).toBeUndefined()
  }
  expect(createTickets(memoryVault(seededRandom(2)), clock).read(text)).toBeUndefined()
  for (const none of ['', '.', 'g-42', 'g-0.aaaa.00', '__proto__', `${text} `, text.toUpperCase()])
    expect(tickets.read(none)).toBeUndefined()
})
