import { expect, test } from 'vitest'
import { PGLITE_START_MS_MAX, queriesAgree } from '@lango/kernel/testing'
import { openPolicy, type Policy } from './access/index.ts'
import { access } from './access/index.ts'
import { backups } from './backups/index.ts'
import { bypass } from './bypass/index.ts'
import { customers } from './customers/index.ts'
import { desk } from './desk/index.ts'
import { ledger } from './ledger/index.ts'
import { messages } from './messages/index.ts'
import { network } from './network/index.ts'
import { offers } from './offers/index.ts'
import { payments } from './payments/index.ts'
import { people } from './people/index.ts'
import { plans } from './plans/index.ts'
import { portal } from './portal/index.ts'
import { rollouts } from './rollouts/index.ts'
import { registration } from './registration/index.ts'
import { services } from './services/index.ts'
import { settings } from './settings/index.ts'
import { setup } from './setup/index.ts'
import { sessions } from './sessions/index.ts'
import { vouchers } from './vouchers/index.ts'
import { wallets } from './wallets/index.ts'
import { webhooks } from './webhooks/index.ts'

/** When the sample rows are from. */
const SOLD_AT = Date.UTC(2026, 10, 21)
const limits = {
  quotaPeriod: 'day',
  rolloverOctets: 10,
  fairUse: [{ afterOctets: 5, downKbps: 512, upKbps: 256 }],
  windows: [{ days: [0, 6], from: '22:00', to: '06:00' }],
} as const satisfies Partial<Policy>

test(
  'every query of every module answers the same on a box and on the mirror, per site and in total',
  { timeout: PGLITE_START_MS_MAX },
  async () => {
    const modules = [
      people,
      settings,
      messages,
      network,
      access,
      plans,
      ledger,
      customers,
      wallets,
      services,
      registration,
      vouchers,
      offers,
      bypass,
      payments,
      portal,
      sessions,
      webhooks,
      backups,
      setup,
      rollouts,
      desk,
    ]
    const agreed = await queriesAgree(modules, {
      values: {
        plans: { policy: [openPolicy], currency: ['KES'] },
        offers: {
          discount: [{ kind: 'percent', bp: 2000 }],
          planIds: [[], ['plans_1', 'plans_3']],
          windows: [[], [{ days: [5, 6], from: '18:00', to: '02:00' }]],
          timeZone: ['Africa/Nairobi'],
        },
        purchases: { phone: ['+254712345678', '+254712345679', 'a'], amountMinor: [2000] },
        router_software: { id: Array.from({ length: 30 }, (_, at) => `routers_${at + 1}`) },
        referral_codes: { phone: ['+254712345678', '+254712345679', 'a'] },
        referrals: { rewardId: Array.from({ length: 30 }, (_, at) => `purchases_${at + 1}`), state: ['rewarded'] },
        settings: { id: ['referralPlan'], value: ['a'] },
        payments: { phones: [['+254712345678']], currency: ['KES'] },
        // A wallet's money is in the account that is called after it.
        wallets: { currency: ['KES'] },
        ledger_accounts: {
          currency: ['KES', 'UGX'],
          code: ['unmatched', 'cash:a', ...Array.from({ length: 20 }, (_, at) => `wallet:wallets_${at + 1}`)],
        },
        policies: { policy: [openPolicy, { ...openPolicy, ...limits }, { ...openPolicy, windows: limits.windows }] },
        message_senders: { config: [{ driver: 'africastalking', username: 'isp', sender: '', prefixes: ['+254'] }] },
        portal_settings: { config: [{ wifiName: 'Lakeview' }] },
        session_orders: { steps: [[]] },
        // A third of the grants belongs to services, a third to vouchers, a third to what was bought by phone.
        grants: {
          devices: [[]],
          topUps: [null, [{ at: SOLD_AT, octets: 7 }], [{ at: SOLD_AT, octets: 5, sec: 90, untilAt: SOLD_AT + 9e8 }]],
          serviceId: Array.from({ length: 150 }, (_, at) => {
            const owner = ['vouchers', 'services', 'purchases'][at % 3]
            return `${owner}_${1 + Math.floor(at / 3)}`
          }),
        },
      },
    })
    expect(agreed.queries).toBeGreaterThanOrEqual(10)
  },
)
