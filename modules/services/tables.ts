import { defineTable } from '@lango/kernel/db'
import { serviceKinds } from '../access/index.ts'

/** In rows of a release that did not know the column: `fillFoundBy` fills them in. */
const UNFILLED: string = ''

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
    /** What the desk finds it by, in lower case: see `found-by.ts`. */
    foundBy: c.text({ before: UNFILLED }),
  }),
  {
    unique: { byLogin: ['login'] },
    // The last one tells a service's plan without its row, for the plans' report.
    indexes: { byCustomer: ['customerId'], byPlan: ['planId'], planOf: ['id', 'planId'] },
  },
)
