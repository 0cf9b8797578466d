import { defineModule } from '@lango/kernel/verbs'
import { addOffer, setOffer, setOfferStatus } from './commands.ts'
import { followers } from './forget.ts'
import { ownReferralCode } from './referral.ts'
import { offers as offersTable, referralCodes, referrals } from './tables.ts'

export { addOffer, setOffer, setOfferStatus, type OfferFault } from './commands.ts'
export { friendTerms, ownReferralCode } from './referral.ts'
export {
  bestOffer,
  heldAt,
  isOfPlan,
  offeredPrice,
  offerLimits,
  offerStanding,
  perPhoneMax,
  readOfferCode,
  WHOLE_BP,
  type Discount,
  type OfferState,
  type OfferTerms,
  type WeekTime,
} from './rules.ts'

export const offers = defineModule({
  name: 'offers',
  tables: [offersTable, referralCodes, referrals],
  commands: [addOffer, setOffer, setOfferStatus, ownReferralCode],
  followers,
})
