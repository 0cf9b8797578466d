import { defineModule } from '@lango/kernel/verbs'
import { anyGrant, deskSessions, grantHistory, onlineOf, ordersOf, sessionsFound } from './queries.ts'

/** What staff see of several modules together; its pages are in `pages.tsx`. */
export const desk = defineModule({
  name: 'desk',
  queries: [anyGrant, deskSessions, sessionsFound, onlineOf, grantHistory, ordersOf],
})

export { readPortalForm } from './portal-form.ts'
export {
  importPermissions,
  lists as transferLists,
  sources as transferSources,
  type Source as TransferSource,
  type TransferList,
} from './transfers.ts'
