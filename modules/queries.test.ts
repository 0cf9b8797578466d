import { expect, test } from 'vitest'
import { PGLITE_START_MS_MAX, queriesAgree } from '@lango/kernel/testing'
import { openPolicy } from './access/index.ts'
import { access } from './access/index.ts'
import { customers } from './customers/index.ts'
import { desk } from './desk/index.ts'
import { network } from './network/index.ts'
import { people } from './people/index.ts'
import { plans } from './plans/index.ts'
import { services } from './services/index.ts'
import { sessions } from './sessions/index.ts'
import { vouchers } from './vouchers/index.ts'
import { webhooks } from './webhooks/index.ts'

test(
  'every query of every module answers the same on a box and on the mirror, per site and in total',
  { timeout: PGLITE_START_MS_MAX },
  async () => {
    const modules = [people, network, access, plans, customers, services, vouchers, sessions, webhooks, desk]
    const agreed = await queriesAgree(modules, {
      values: {
        plans: { policy: [openPolicy] },
        policies: { policy: [openPolicy] },
        session_orders: { steps: [[]] },
        // Half of the grants belong to services, half to vouchers.
        grants: {
          devices: [[]],
          topUps: [null],
          serviceId: Array.from({ length: 100 }, (_, at) => `${at % 2 ? 'services' : 'vouchers'}_${1 + (at >> 1)}`),
        },
      },
    })
    expect(agreed.queries).toBeGreaterThanOrEqual(10)
  },
)
