import { eq, isNull, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, countWhere, defineQuery, sumOf } from '@lango/kernel/db'
import { liveSessions, sessionHistory } from './tables.ts'

const latest = (column: SQL): SQL<number> => sql`max(${column})`.mapWith(Number)

/** The devices that were seen with a grant: when last, with how much, and in how many open sessions; the last seen first. */
export const grantDevices = defineQuery({
  name: 'sessions.devices',
  summary: 'Lists the devices seen with one grant: when last, with how much traffic and in how many open sessions.',
  permission: 'sessions.read',
  input: z.object({ grantNo: z.number().int() }),
  tables: { liveSessions, sessionHistory },
  examples: [1, 2, 3].map((grantNo) => ({ grantNo })),
  select: ({ db, liveSessions: live, sessionHistory: history }, { grantNo }) => ({
    live: db
      .select({
        device: live.device,
        lastAt: latest(sql`${live.lastReceivedAt}`),
        octets: sumOf(sql`${live.inputOctets} + ${live.outputOctets}`),
        online: countWhere(isNull(live.endedAt)),
      })
      .from(live)
      .where(eq(live.grantNo, grantNo))
      .groupBy(live.device)
      .orderBy(ascending(live.device)),
    history: db
      .select({
        device: history.device,
        lastAt: latest(sql`${history.endedAt}`),
        octets: sumOf(sql`${history.inputOctets} + ${history.outputOctets}`),
      })
      .from(history)
      .where(eq(history.grantNo, grantNo))
      .groupBy(history.device)
      .orderBy(ascending(history.device)),
  }),
  shape: ({ live, history }) => {
    const byDevice = new Map<string, { device: string; lastAt: number; octets: number; online: number }>()
    for (const seen of [...live, ...history.map((row) => ({ ...row, online: 0 }))]) {
      const known = byDevice.get(seen.device)
      if (!known) byDevice.set(seen.device, { ...seen })
      else {
        known.lastAt = Math.max(known.lastAt, seen.lastAt)
        known.octets += seen.octets
        known.online += seen.online
      }
    }
    return [...byDevice.values()]
      .filter(({ device }) => device !== '')
      .sort((a, b) => b.lastAt - a.lastAt || (a.device < b.device ? -1 : 1))
  },
})
