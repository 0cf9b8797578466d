/** The desk's pages that show several modules together. */
import type { DeskPage } from '@lango/kernel/ui'
import { accessLogPage } from './pages-access-log.tsx'
import { bypassDevicePage, bypassPage } from './pages-bypass.tsx'
import { certificatesPage } from './pages-certificates.tsx'
import { plansReportPage, usageReportPage, usersReportPage } from './pages-reports.tsx'
import { importFilePage, importPage } from './pages-import.tsx'
import { removeRouterPage, routerPage } from './pages-router.tsx'
import { routerControlPage } from './pages-router-control.tsx'
import { portalPage } from './pages-portal.tsx'
import { networkPage } from './pages-network.tsx'
import { portalPosterPage } from './pages-portal-poster.tsx'
import { retentionPage } from './pages-retention.tsx'
import { routerScriptPage } from './pages-router-script.tsx'
import { newRouterPage, routersPage } from './pages-routers.tsx'
import { searchPage } from './pages-search.tsx'
import { addressReportPage, sessionHistoryPage } from './pages-session-history.tsx'
import { sessionPage, sessionsPage } from './pages-sessions.tsx'
import { setupDonePage, setupPage } from './pages-setup.tsx'
import { setupPlacePage } from './pages-setup-place.tsx'
import { setupPlanPage } from './pages-setup-plan.tsx'
import { setupRouterPage } from './pages-setup-router.tsx'
import { setupVouchersPage } from './pages-setup-vouchers.tsx'
import { settingsPage } from './pages-settings.tsx'
import { standbyPage } from './pages-standby.tsx'
import { subscriberPage } from './pages-subscriber.tsx'
import { newSubscriberPage } from './pages-subscriber-new.tsx'
import { subscribersPage } from './pages-subscribers.tsx'

/** In the order of their steps. */
export const setupPages: readonly DeskPage[] = [
  setupPage,
  setupPlacePage,
  setupRouterPage,
  setupPlanPage,
  setupVouchersPage,
  setupDonePage,
]

export const servicePages: readonly DeskPage[] = [
  sessionsPage,
  sessionPage,
  subscribersPage,
  newSubscriberPage,
  subscriberPage,
  searchPage,
  settingsPage,
  portalPage,
  portalPosterPage,
  retentionPage,
  certificatesPage,
  standbyPage,
  networkPage,
  importPage,
  importFilePage,
]

export const networkPages: readonly DeskPage[] = [
  routersPage,
  newRouterPage,
  routerPage,
  routerScriptPage,
  routerControlPage,
  removeRouterPage,
  bypassPage,
  bypassDevicePage,
  accessLogPage,
  usageReportPage,
  plansReportPage,
  usersReportPage,
  sessionHistoryPage,
  addressReportPage,
]
