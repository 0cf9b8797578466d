/** The desk's pages that show several modules together. */
import type { DeskPage } from '@lango/kernel/ui'
import { searchPage } from './pages-search.tsx'
import { sessionPage, sessionsPage } from './pages-sessions.tsx'
import { subscriberPage } from './pages-subscriber.tsx'
import { newSubscriberPage, subscribersPage } from './pages-subscribers.tsx'

export const servicePages: readonly DeskPage[] = [
  sessionsPage,
  sessionPage,
  subscribersPage,
  newSubscriberPage,
  subscriberPage,
  searchPage,
]
