import { z } from 'zod'
import { ascending, defineQuery } from '@lango/kernel/db'
import { plans } from '../plans/tables.ts'
import { bypasses } from './tables.ts'

/** The whole list: a hotel has some hundred of them. */
export const listBypasses = defineQuery({
  name: 'bypass.list',
  summary: 'Lists the devices that are online by their address alone, without opening a portal.',
  permission: 'subscribers.read',
  input: z.object({}),
  tables: { bypasses, plans },
  select: ({ db, bypasses: devices, plans: sold, ref, byKey }) =>
    db
      .select({
        id: devices.id,
        name: devices.name,
        mac: devices.mac,
        plan: sold.name,
        untilAt: devices.untilAt,
        routers: devices.routers,
        grantNo: devices.grantNo,
        createdAt: devices.createdAt,
      })
      .from(devices)
      .leftJoin(sold, ref(devices.planId, sold.id))
      .orderBy(ascending(devices.name), ...byKey(devices)),
  shape: (rows) => rows,
})
