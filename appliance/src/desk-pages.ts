/** Every page of the desk, module by module. */
import type { DeskPage } from '@lango/kernel/ui'
import { backupsPages } from '@lango/modules/backups/pages'
import { networkPages, servicePages, setupPages } from '@lango/modules/desk/pages'
import { ledgerPages } from '@lango/modules/ledger/pages'
import { messagesPages } from '@lango/modules/messages/pages'
import { paymentsPages } from '@lango/modules/payments/pages'
import { peoplePages } from '@lango/modules/people/pages'
import { plansPages } from '@lango/modules/plans/pages'
import { registrationPages } from '@lango/modules/registration/pages'
import { rolloutsPages } from '@lango/modules/rollouts/pages'
import { updatesPages } from '@lango/modules/updates/pages'
import { vouchersPages } from '@lango/modules/vouchers/pages'
import { walletsPages } from '@lango/modules/wallets/pages'
import { webhooksPages } from '@lango/modules/webhooks/pages'
import { commandsByName, queriesByName } from './site.ts'
import { referencePages } from './web/api-reference/pages.tsx'
import { healthPages } from './web/health/pages.tsx'
import { apiVerbs, type ApiVerb } from './web/api-reference/verbs.ts'

let verbs: readonly ApiVerb[] | undefined
const verbsOf = () => (verbs ??= apiVerbs([...commandsByName.values()], [...queriesByName.values()]))

export const deskPages: readonly DeskPage[] = [
  ...setupPages,
  ...servicePages,
  ...networkPages,
  ...peoplePages,
  ...plansPages,
  ...vouchersPages,
  ...paymentsPages,
  ...walletsPages,
  ...ledgerPages,
  ...webhooksPages,
  ...backupsPages,
  ...updatesPages,
  ...rolloutsPages,
  ...referencePages(verbsOf),
  ...healthPages,
  ...messagesPages,
  ...registrationPages,
]
