/** Every page of the desk, module by module. */
import type { DeskPage } from '@lango/kernel/ui'
import { backupsPages } from '@lango/modules/backups/pages'
import { networkPages, servicePages } from '@lango/modules/desk/pages'
import { peoplePages } from '@lango/modules/people/pages'
import { plansPages } from '@lango/modules/plans/pages'
import { vouchersPages } from '@lango/modules/vouchers/pages'
import { webhooksPages } from '@lango/modules/webhooks/pages'

export const deskPages: readonly DeskPage[] = [
  ...servicePages,
  ...networkPages,
  ...peoplePages,
  ...plansPages,
  ...vouchersPages,
  ...webhooksPages,
  ...backupsPages,
]
