import { defineModule } from '@lango/kernel/verbs'
import { anyGrant, deskSessionCount, deskSessions, grantHistory, onlineOf, ordersOf } from './queries.ts'

/** What staff see of several modules together; its pages are in `pages.tsx`. */
export const desk = defineModule({
  name: 'desk',
  queries: [anyGrant, deskSessionCount, deskSessions, onlineOf, grantHistory, ordersOf],
})
