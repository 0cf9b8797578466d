import { defineModule } from '@lango/kernel/verbs'
import { deskSessions, deskSubscribers, grantHistory, onlineOf, ordersOf } from './queries.ts'

/** What staff see of several modules together; its pages are in `pages.tsx`. */
export const desk = defineModule({
  name: 'desk',
  queries: [deskSessions, deskSubscribers, onlineOf, grantHistory, ordersOf],
})
