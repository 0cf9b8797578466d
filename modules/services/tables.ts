import { defineTable } from '@lango/kernel/db'
import { serviceKinds } from '../access/index.ts'

/** What a customer has bought and how it is delivered. Its grant (module access) is what the door looks at. */
export const services = defineTable(
  'services',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    customerId: c.ref('customers'),
    planId: c.ref('plans'),
    kind: c.oneOf(serviceKinds),
    login: c.text(),
    status: c.oneOf(['active', 'suspended', 'ended']),
    createdAt: c.instant(),
    framedIp: c.optText(),
    mac: c.optText(),
  }),
  { unique: { byLogin: ['login'] }, indexes: { byCustomer: ['customerId'], byPlan: ['planId'] } },
)
