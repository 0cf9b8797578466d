/** Every page of purchases and of the money for them. */
import type { DeskPage } from '@lango/kernel/ui'
import { aheadPage } from './pages-ahead.tsx'
import { mpesaPage } from './page-mpesa.tsx'
import { friendsPage } from './pages-friends.tsx'
import { offerPage } from './pages-offer.tsx'
import { newOfferPage, offersPage } from './pages-offers.tsx'
import { mpesaPayingOutPage } from './page-mpesa-paying-out.tsx'
import { walletSettingsPage } from './page-wallet-settings.tsx'
import { payoutPage } from './pages-payout.tsx'
import { payoutsPage } from './pages-payouts.tsx'
import { purchasePage } from './pages-purchase.tsx'
import { purchasesPage } from './pages-purchases.tsx'
import { receiptPage } from './pages-receipt.tsx'
import { standingOrdersPage } from './pages-standing.tsx'
import { unmatchedPage } from './pages-unmatched.tsx'

export { PaceStrip } from './pace-strip.tsx'

export const paymentsPages: readonly DeskPage[] = [
  purchasesPage,
  purchasePage,
  unmatchedPage,
  receiptPage,
  mpesaPage,
  offersPage,
  newOfferPage,
  friendsPage,
  offerPage,
  mpesaPayingOutPage,
  walletSettingsPage,
  payoutsPage,
  payoutPage,
  aheadPage,
  standingOrdersPage,
]
