/** What friends have brought: for whoever told them of the place, and for the desk. */
import { and, eq, gt, inArray, isNotNull, isNull, lt } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, defineQuery, descending, startsWith } from '@lango/kernel/db'
import { grants } from '../access/tables.ts'
import { referralCodes, referrals } from '../offers/tables.ts'
import { plans } from '../plans/tables.ts'
import { defaultSettings, type Settings } from '../settings/index.ts'
import { settings } from '../settings/tables.ts'
import { isForSale } from './rules.ts'
import { purchases } from './tables.ts'

const ROWS_MAX = 200
const REWARDS_MAX = 5

/**
 * What the holder of a grant may tell friends, and what waits for them: only where they have paid for it by the phone
 * whose code it is. Undefined where nothing is promised.
 */
export const referralAtGate = defineQuery({
  name: 'referrals.atGate',
  permission: 'system',
  input: z.object({ grantNo: z.number().int() }),
  tables: { grants, purchases, plans, referralCodes, referrals, settings },
  examples: Array.from({ length: 40 }, (_, at) => ({ grantNo: at })),
  select: ({ db, grants, purchases, plans, referralCodes: codes, referrals, settings, ref, byKey }, { grantNo }) => {
    const paidWith = and(
      eq(grants.no, grantNo),
      isNotNull(purchases.confirmedAt),
      gt(purchases.amountMinor, 0),
      eq(purchases.state, 'granted'),
    )
    const held = db
      .select({ id: codes.id })
      .from(codes)
      .innerJoin(purchases, ref(codes.phone, purchases.phone))
      .innerJoin(grants, ref(purchases.id, grants.serviceId))
      .where(paidWith)
    return {
      holder: db
        .select({ phone: purchases.phone, code: codes.code })
        .from(grants)
        .innerJoin(purchases, ref(grants.serviceId, purchases.id))
        .leftJoin(codes, ref(purchases.phone, codes.phone))
        .where(paidWith)
        .orderBy(...byKey(purchases)),
      rewards: db
        .select({ grantNo: grants.no })
        .from(referrals)
        .innerJoin(grants, ref(referrals.rewardId, grants.serviceId))
        .where(
          and(
            inArray(referrals.codeId, held),
            eq(referrals.state, 'rewarded'),
            eq(grants.status, 'active'),
            isNull(grants.firstUsedAt),
          ),
        )
        .orderBy(ascending(referrals.at), ...byKey(referrals))
        .limit(REWARDS_MAX),
      set: db
        .select({ id: settings.id, value: settings.value })
        .from(settings)
        .where(startsWith(settings.id, 'referral'))
        .orderBy(...byKey(settings)),
      plans: db
        .select({ name: plans.name, kind: plans.kind, policy: plans.policy, priceMinor: plans.priceMinor })
        .from(plans)
        .where(eq(plans.status, 'active'))
        .orderBy(ascending(plans.name), ...byKey(plans)),
    }
  },
  shape: ({ holder: [holder], rewards, set, plans: sold }) => {
    const { referralPlan, referralFriendBp: friendBp } = {
      ...defaultSettings,
      ...Object.fromEntries(set.map(({ id, value }) => [id, value])),
    } as Settings
    const plan = sold.filter(isForSale).find(({ name }) => name === referralPlan)?.name
    if (!holder || plan === undefined) return undefined
    return { ...holder, plan, friendBp, rewards: rewards.map(({ grantNo }) => grantNo) }
  },
})

/** Friends who bought for the first time with somebody's code, the latest first. */
export const listReferrals = defineQuery({
  name: 'referrals.list',
  summary: 'Lists friends who bought for the first time with somebody’s code, and what those had for it.',
  permission: 'payments.read',
  input: z.object({
    /** The id of the last one of the page before. */
    before: z.string().max(64).optional(),
    limit: z.number().int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  }),
  tables: { referrals, referralCodes, purchases },
  examples: [{}, { before: 'referrals_3', limit: 2 }],
  select: ({ db, referrals, referralCodes: codes, purchases, ref, byKey }, { before, limit }) => ({
    rows: db
      .select({ referral: referrals, code: codes.code, phone: codes.phone, purchase: purchases.number })
      .from(referrals)
      .innerJoin(codes, ref(referrals.codeId, codes.id))
      .leftJoin(purchases, ref(referrals.purchaseId, purchases.id))
      .where(before === undefined ? undefined : lt(referrals.id, before))
      .orderBy(descending(referrals.id), ...byKey(referrals))
      .limit(limit),
    rewards: db
      .select({ rewardId: referrals.rewardId, number: purchases.number })
      .from(referrals)
      .innerJoin(purchases, ref(referrals.rewardId, purchases.id))
      .where(before === undefined ? undefined : lt(referrals.id, before))
      .orderBy(descending(referrals.id), ...byKey(referrals))
      .limit(limit),
  }),
  shape: ({ rows, rewards }) => {
    const numbers = new Map(rewards.map(({ rewardId, number }) => [rewardId, number]))
    return rows.map(({ referral, ...row }) => ({
      id: referral.id,
      friendPhone: referral.friendPhone,
      state: referral.state,
      at: referral.at,
      ...row,
      reward: numbers.get(referral.rewardId) ?? null,
    }))
  },
})
