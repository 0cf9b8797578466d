import { defineTable } from '@lango/kernel/db'
import { serviceKinds, type Policy } from '../access/index.ts'
import { selfRegistrations } from './rules.ts'

/** What is sold: a policy with a price and a length. */
export const plans = defineTable(
  'plans',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    kind: c.oneOf(serviceKinds),
    policy: c.json<Policy>(),
    /** How long it is good for; null means until it is ended. */
    validitySec: c.optInt(),
    /** `first-use`: validity runs from the first login; `creation`: from the sale. */
    validFrom: c.oneOf(['first-use', 'creation']),
    /** In each period of the policy. */
    quotaOctets: c.optInt(),
    quotaSec: c.optInt(),
    priceMinor: c.minor(),
    currency: c.text(),
    status: c.oneOf(['active', 'withdrawn']),
    /** Whether people take it by themselves, and what they confirm. */
    selfRegistration: c.oneOf(selfRegistrations, { before: 'off' }),
  }),
  { unique: { byName: ['name'] } },
)
