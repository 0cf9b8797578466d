import { and, eq, inArray, isNotNull, ne } from 'drizzle-orm'
import { z } from 'zod'
import { defineQuery } from '@lango/kernel/db'
import { HEALTH_GRANT_NO } from '../access/index.ts'
import { grants } from '../access/tables.ts'
import { routers } from '../network/tables.ts'
import { staff } from '../people/tables.ts'
import { plans } from '../plans/tables.ts'
import { liveSessions, sessionHistory } from '../sessions/tables.ts'
import { settings } from '../settings/tables.ts'
import { voucherBatches } from '../vouchers/tables.ts'
import type { Progress } from './rules.ts'

type Setting = 'country' | 'setUpIsOver'
const asked: readonly Setting[] = ['country', 'setUpIsOver']

/** What of setting a box up is done. */
export const setupProgress = defineQuery({
  name: 'setup.progress',
  summary: 'Tells which steps of setting the box up are done: owner, place, router, plan, vouchers, first login.',
  permission: 'settings.read',
  input: z.object({}),
  tables: { settings, staff, routers, plans, voucherBatches, grants, liveSessions, sessionHistory },
  select: ({ db, byKey, ...of }) => ({
    settings: db
      .select({ id: of.settings.id, value: of.settings.value })
      .from(of.settings)
      .where(inArray(of.settings.id, asked))
      .orderBy(...byKey(of.settings)),
    staff: db
      .select({ id: of.staff.id })
      .from(of.staff)
      .orderBy(...byKey(of.staff))
      .limit(1),
    routers: db
      .select({ id: of.routers.id })
      .from(of.routers)
      .where(eq(of.routers.status, 'active'))
      .orderBy(...byKey(of.routers))
      .limit(1),
    plans: db
      .select({ id: of.plans.id })
      .from(of.plans)
      .orderBy(...byKey(of.plans))
      .limit(1),
    batches: db
      .select({ id: of.voucherBatches.id })
      .from(of.voucherBatches)
      .orderBy(...byKey(of.voucherBatches))
      .limit(1),
    used: db
      .select({ no: of.grants.no })
      .from(of.grants)
      // The box's own login, by which it tries itself, is nobody's.
      .where(and(isNotNull(of.grants.firstUsedAt), ne(of.grants.no, HEALTH_GRANT_NO)))
      .orderBy(...byKey(of.grants))
      .limit(1),
    live: db
      .select({ no: of.liveSessions.no })
      .from(of.liveSessions)
      .where(ne(of.liveSessions.grantNo, HEALTH_GRANT_NO))
      .orderBy(...byKey(of.liveSessions))
      .limit(1),
    past: db
      .select({ no: of.sessionHistory.no })
      .from(of.sessionHistory)
      .where(ne(of.sessionHistory.grantNo, HEALTH_GRANT_NO))
      .orderBy(...byKey(of.sessionHistory))
      .limit(1),
  }),
  shape(rows): Progress {
    const set = new Map(rows.settings.map(({ id, value }) => [id, value]))
    return {
      done: {
        owner: rows.staff.length > 0,
        place: (set.get('country') ?? '') !== '',
        router: rows.routers.length > 0,
        plan: rows.plans.length > 0,
        vouchers: rows.batches.length > 0,
        login: rows.used.length > 0 || rows.live.length > 0 || rows.past.length > 0,
      },
      isDismissed: set.get('setUpIsOver') === true,
    }
  },
})
