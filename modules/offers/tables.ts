import { defineTable } from '@lango/kernel/db'
import { offerStatuses, referralStates, type Discount, type WeekTime } from './rules.ts'

/** Less to pay than the price, for a while: with a code, or for everybody. Whatever was bought keeps what it was bought at. */
export const offers = defineTable(
  'offers',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** What the desk knows it by. */
    number: c.int(),
    name: c.text(),
    /** As `readOfferCode` reads it; null: it applies by itself. */
    code: c.optText(),
    discount: c.json<Discount>(),
    /** Of an amount or a price. */
    currency: c.text(),
    /** Of these plans; of all where there are none. */
    planIds: c.json<string[]>(),
    fromAt: c.optInstant(),
    untilAt: c.optInstant(),
    /** Only at these times; at any where there are none. */
    windows: c.json<WeekTime[]>(),
    /** In which those times are told. */
    timeZone: c.text(),
    /** Purchases that may have it, in all and of one phone. */
    usesMax: c.optInt(),
    usesPerPhoneMax: c.optInt(),
    status: c.oneOf(offerStatuses),
    /** Of one that is stopped: since when. */
    stoppedAt: c.optInstant(),
    createdAt: c.instant(),
    createdBy: c.text(),
  }),
  { unique: { byNumber: ['number'], byCode: ['code'] }, indexes: { byStatus: ['status'] } },
)

/** A code that somebody gives to friends, made when they first see it. */
export const referralCodes = defineTable(
  'referral_codes',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    /** E.164: whose it is. */
    phone: c.text(),
    code: c.text(),
    madeAt: c.instant(),
  }),
  { unique: { byPhone: ['phone'], byCode: ['code'] } },
)

/** A friend who bought with somebody's code: each of them counts once, whoever's code it was. */
export const referrals = defineTable(
  'referrals',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    codeId: c.ref('referral_codes'),
    friendPhone: c.text(),
    /** The friend's first. */
    purchaseId: c.ref(),
    /** What whoever told them has for it, a purchase that costs nothing; null for none. */
    rewardId: c.optRef(),
    state: c.oneOf(referralStates),
    at: c.instant(),
  }),
  {
    unique: { byFriend: ['friendPhone'], byPurchase: ['purchaseId'] },
    indexes: { byCode: ['codeId', 'at'], byTime: ['at'] },
  },
)
