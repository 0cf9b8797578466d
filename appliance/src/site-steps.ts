/** What cannot be derived of the way from an older `site.db` to this release's. */
import { makeOptional, type MigrationStep } from '@lango/kernel/db'
import { purchases } from '@lango/modules/payments/tables'
import { registrations } from '@lango/modules/registration/tables'

export const siteSteps: readonly MigrationStep[] = [
  // Not every purchase is of a plan: money is put into wallets too. Older releases pass over those.
  { version: 10, minReader: 1, up: (raw) => makeOptional(raw, purchases, 'planId') },
  // Somebody who wants messages alone takes no plan.
  { version: 11, minReader: 1, up: (raw) => makeOptional(raw, registrations, 'planId') },
]
