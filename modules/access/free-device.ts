import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, defineEvent } from '@lango/kernel/verbs'
import { normaliseDevice } from './device.ts'
import { grants } from './tables.ts'
import { grantOf, recordOfGrant, whoseGrant } from './top-up.ts'

/**
 * A device has been taken off a grant: its sessions are to end. Should the box stop before they are, the device stays
 * online on a login that it may have again; freeing it once more ends them.
 */
export const deviceFreed = defineEvent<{ grantNo: number; device: string }>('access.deviceFreed')

/** Makes room for another device: unbinds this one and ends its sessions. It may log in again as a new one. */
export const freeDevice = defineCommand({
  name: 'grants.freeDevice',
  summary:
    'Unbinds a device from a subscriber or voucher and ends its sessions, so that another device can take its place.',
  output: z.object({ grantNo: z.number().int(), device: z.string(), wasBound: z.boolean() }),
  permission: 'subscribers.write',
  input: whoseGrant.and(z.object({ device: z.string().min(1).max(253).transform(normaliseDevice) })),
  audit: recordOfGrant,
  handle(ctx, input) {
    const found = grantOf(ctx, input)
    if (!found.ok) return found
    const { id, no, macLogin, devices, login } = found.value
    const { device } = input
    // Whose credential the device is would be locked out for good.
    if (macLogin === device) return err({ type: 'DeviceIsLogin', login, device })
    const wasBound = devices.includes(device)
    if (wasBound)
      ctx.db
        .update(grants.site)
        .set({ devices: devices.filter((bound) => bound !== device) })
        .where(eq(grants.site.id, id))
        .run()
    ctx.emit(deviceFreed, { grantNo: no, device })
    return ok({ grantNo: no, device, wasBound })
  },
})
