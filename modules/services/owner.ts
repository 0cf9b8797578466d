/** Whose a service is: the customer that somebody means, and what keeps them from having another service. */
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'

/** A customer's id, or a login of theirs. */
export const customerNamed = z.string().min(1, 'Say which customer: a login of theirs, or their id.').max(253)

/** What is changed of a customer is changed of all their services in one transaction. */
export const CUSTOMER_SERVICES_MAX = 500

/** What is left of a customer who is gone. */
export const NOBODY = { name: 'erased', phone: null, email: null } as const

export type Customer = {
  readonly id: string
  readonly name: string
  readonly phone: string | null
  readonly email: string | null
  readonly language: 'en' | 'sw'
  readonly status: 'active' | 'closed'
  /** How many they have. */
  readonly services: number
}

export type CustomerFault =
  | { readonly type: 'CustomerUnknown'; readonly customer: string }
  /** Erased, or all that was theirs is another's. */
  | { readonly type: 'CustomerClosed'; readonly customer: string }

export type JoinFault = CustomerFault | { readonly type: 'ServicesFull'; readonly max: number }

const CUSTOMER = `SELECT c.id, c.name, c.phone, c.email, c.language, c.status,
    (SELECT count(*) FROM services s WHERE s.customer_id = c.id) services
  FROM customers c`

/** Finds customers: prepared once for all rows of a command. */
export const customersIn = (raw: RawDatabase) => {
  const byId = raw.prepare<[string], Customer>(`${CUSTOMER} WHERE c.id = ?`)
  const byLogin = raw.prepare<[string], Customer>(
    `${CUSTOMER} WHERE c.id = (SELECT customer_id FROM services WHERE login = ?)`,
  )
  return {
    withId: (id: string): Customer | undefined => byId.get(id),
    /** By their id, or by a login of theirs. */
    named: (text: string): Customer | undefined => byId.get(text) ?? byLogin.get(text),
  }
}

/** The customer, unless nobody is meant or whoever it was is gone. */
export const livingOf = (found: Customer | undefined, customer: string): Result<Customer, CustomerFault> => {
  if (!found) return err({ type: 'CustomerUnknown', customer })
  return found.status === 'active' ? ok(found) : err({ type: 'CustomerClosed', customer })
}

/** The customer, where one more service may be theirs. */
export const joinable = (found: Customer | undefined, customer: string): Result<Customer, JoinFault> => {
  const living = livingOf(found, customer)
  if (!living.ok || living.value.services < CUSTOMER_SERVICES_MAX) return living
  return err({ type: 'ServicesFull', max: CUSTOMER_SERVICES_MAX })
}
