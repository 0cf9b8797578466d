/** The sentences about customers and their services: who is meant, and what cannot be theirs. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { addService, changeCustomer, ImportRowFault, moveService } from '@lango/modules/services'
import type { LinesDiffer } from '../transfer/run-import.ts'

export type CustomerFault =
  | FaultOf<typeof addService | typeof changeCustomer | typeof moveService>
  | ImportRowFault
  | LinesDiffer

type Own = 'CustomerUnknown' | 'CustomerClosed' | 'CustomerDiffers' | 'LinesDiffer' | 'MoveNeedless' | 'ServicesFull'
type Sentences = { readonly [T in Own]: (fault: Extract<CustomerFault, { type: T }>) => string }

export const customerSentences: Sentences = {
  CustomerUnknown: ({ customer }) =>
    `No customer is ${customer}: name one by a login of theirs, or by their id. See: lango subscriber list --search ${customer}`,
  CustomerClosed: ({ customer }) =>
    `The customer ${customer} was erased, or all that was theirs is another’s: nothing can be added or changed. Add a new one: lango subscriber add …`,
  CustomerDiffers: ({ column }) =>
    `The customer’s ${column} is another here. Write it as it is, or change it for all of their services first: lango customer change …`,
  LinesDiffer: ({ name, column, before }) =>
    `The ${column} of customer ${name} is another than in line ${before}: the lines of one customer tell the same of them.`,
  MoveNeedless: ({ login }) =>
    `${login} is where it would be moved to: it is this customer’s already, or the only service of its own.`,
  ServicesFull: ({ max }) => `A customer has at most ${max} services, and this one has so many. Make another customer.`,
}
