import { defineModule } from '@lango/kernel/verbs'
import { showAllowance } from './allowance.ts'
import { finishOrders, orderSession, orderSessions } from './commands.ts'
import { grantDevices } from './devices.ts'
import { sealExport } from './export-seal.ts'
import { listRouterStays, searchHistory, whoHad } from './history.ts'
import { countOlder, listOrders, listSessions, sessionIds, showSession, usageByHour } from './queries.ts'
import { listRouterHealth, listUnknownRouters, openByRouter, usageTotals } from './reports.ts'
import {
  accountingCopies,
  dayTops,
  decisionChunks,
  liveSessions,
  lockouts,
  planHours,
  routerHealth,
  sessionHistory,
  sessionOrders,
  unknownRouters,
  usageHours,
  usageSummed,
} from './tables.ts'
import { heaviestIn, topOfDays, topUsers } from './top-users.ts'
import { usageByPlan, usageHoursOfAll } from './usage-reports.ts'

export { showAllowance } from './allowance.ts'
export { grantDevices } from './devices.ts'
export { ORDERS_AT_ONCE_MAX, finishOrders, orderSession, orderSessions, sessionOrdered } from './commands.ts'
export { countOlder, listOrders, listSessions, sessionIds, showSession, usageByHour } from './queries.ts'
export { listRouterHealth, listUnknownRouters, openByRouter, usageTotals } from './reports.ts'
export { exportFault, sealExport, sha256Of, type Manifest } from './export-seal.ts'
export { searchHistory, whoHad } from './history.ts'
export * from './rules.ts'
export { heaviestIn, topOfDays, topUsers } from './top-users.ts'
export { usageByPlan, usageHoursOfAll, type Moved } from './usage-reports.ts'

export const sessions = defineModule({
  name: 'sessions',
  tables: [
    liveSessions,
    sessionHistory,
    usageHours,
    planHours,
    usageSummed,
    dayTops,
    decisionChunks,
    unknownRouters,
    routerHealth,
    lockouts,
    accountingCopies,
    sessionOrders,
  ],
  commands: [orderSession, orderSessions, finishOrders, sealExport],
  queries: [
    grantDevices,
    listSessions,
    showSession,
    sessionIds,
    usageByHour,
    showAllowance,
    listOrders,
    countOlder,
    usageTotals,
    listUnknownRouters,
    listRouterHealth,
    openByRouter,
    usageHoursOfAll,
    usageByPlan,
    topUsers,
    heaviestIn,
    topOfDays,
    searchHistory,
    listRouterStays,
    whoHad,
  ],
})
