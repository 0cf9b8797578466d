import { defineTable } from '@lango/kernel/db'
import { offerStatuses, type Discount, type WeekTime } from './rules.ts'

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
    createdAt: c.instant(),
    createdBy: c.text(),
  }),
  { unique: { byNumber: ['number'], byCode: ['code'] }, indexes: { byStatus: ['status'] } },
)
