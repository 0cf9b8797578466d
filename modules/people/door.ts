/** What the desk's door does once it has proved who somebody is. Passwords come here hashed: hashing takes its time. */
import { and, eq, gt } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand, secretText } from '@lango/kernel/verbs'
import { permissionsOfRole, SESSION_PURPOSE } from './guard.ts'
import { useRecovery } from './own.ts'
import { passkeyProof, usePasskey } from './passkeys.ts'
import { routerRights } from './rules.ts'
import { DOOR_PURPOSE, endSessions, newStaff, staffById, staffLogin, staffName } from './staff.ts'
import { staff, staffDoors, staffSessions } from './tables.ts'

const SESSION_BYTES = 32
/** A browser signs in again after this long, however much it is used. */
const SESSION_MS = 7 * 86_400_000
/** Sessions of one person; the oldest makes room. */
const SESSIONS_MAX = 20
const SESSIONS_KEPT_MS = 90 * 86_400_000

const hashed = secretText(z.string().startsWith('$argon2id$').max(512))
const browser = z.object({ address: z.string().max(64), agent: z.string().max(200) })

/** The first owner of a box that has none. */
export const firstOwner = defineCommand({
  name: 'staff.first',
  permission: 'system',
  isInternal: true,
  input: z.object({ login: staffLogin, name: staffName, passwordHash: hashed }),
  handle(ctx, { login, name, passwordHash }) {
    const anyone = ctx.db.select({ id: staff.site.id }).from(staff.site).limit(1).get()
    if (anyone) return err({ type: 'OwnerExists' })
    const id = ctx.ids.next('stf')
    const person = newStaff(ctx, { id, login, name, role: 'owner' })
    ctx.db
      .insert(staff.site)
      .values({ ...person, passwordHash: Buffer.from(passwordHash.reveal()), passwordSince: ctx.now })
      .run()
    return ok({ id, login })
  },
})

/** A password chosen with an invitation's code, which is used up. */
export const enterByDoor = defineCommand({
  name: 'staff.enter',
  permission: 'system',
  isInternal: true,
  input: z.object({ code: secretText(), passwordHash: hashed }),
  handle(ctx, { code, passwordHash }) {
    const hash = ctx.vault.keyedHash(code.reveal(), DOOR_PURPOSE)
    const { site: doors } = staffDoors
    const door = ctx.db
      .select()
      .from(doors)
      .where(and(eq(doors.hash, hash), gt(doors.until, ctx.now)))
      .get()
    const person = door && staffById(ctx, door.staffId)
    if (!door || person?.status !== 'active') return err({ type: 'DoorShut' })
    ctx.db.delete(doors).where(eq(doors.id, door.id)).run()
    ctx.db
      .update(staff.site)
      .set({ passwordHash: Buffer.from(passwordHash.reveal()), passwordSince: ctx.now })
      .where(eq(staff.site.id, person.id))
      .run()
    endSessions(ctx, person.id)
    return ok({ id: person.id, login: person.login })
  },
})

/** A browser is signed in: its session's secret is told once. What proved the second factor is used up with it. */
export const signedIn = defineCommand({
  name: 'staff.signedIn',
  permission: 'system',
  isInternal: true,
  valueIsSecret: true,
  input: browser.extend({
    id: z.string(),
    totpStep: z.number().int().optional(),
    recoveryCode: secretText(z.string().max(64)).optional(),
    /** Shown in the place of password and code. */
    passkey: passkeyProof.optional(),
  }),
  handle(ctx, { id, totpStep, recoveryCode, passkey, address, agent }) {
    const person = staffById(ctx, id)
    if (person?.status !== 'active') return err({ type: 'StaffUnknown', id })
    if (totpStep !== undefined) {
      if (totpStep <= person.totpStep) return err({ type: 'CodeUsed' })
      ctx.db.update(staff.site).set({ totpStep }).where(eq(staff.site.id, id)).run()
    }
    if (recoveryCode !== undefined && !useRecovery(ctx, person, recoveryCode.reveal())) return err({ type: 'CodeUsed' })
    const shown = passkey === undefined ? ok(undefined) : usePasskey(ctx, id, passkey)
    if (!shown.ok) return shown
    const { site: sessions } = staffSessions
    const open = ctx.raw
      .prepare<[string], { id: string }>(
        'SELECT id FROM staff_sessions WHERE staff_id = ? AND ended_at IS NULL ORDER BY created_at DESC',
      )
      .all(id)
    for (const old of open.slice(SESSIONS_MAX - 1))
      ctx.db.update(sessions).set({ endedAt: ctx.now }).where(eq(sessions.id, old.id)).run()
    ctx.raw.prepare('DELETE FROM staff_sessions WHERE staff_id = ? AND until < ?').run(id, ctx.now - SESSIONS_KEPT_MS)
    const secret = ctx.random.bytes(SESSION_BYTES).toString('base64url')
    const sessionId = ctx.ids.next('ses')
    ctx.db
      .insert(sessions)
      .values({
        id: sessionId,
        staffId: id,
        hash: ctx.vault.keyedHash(secret, SESSION_PURPOSE),
        createdAt: ctx.now,
        until: ctx.now + SESSION_MS,
        address,
        agent,
        endedAt: null,
      })
      .run()
    return ok({ sessionId, secret })
  },
})

/** Somebody logs in to a router with their own login: what they may do there. The app's code is used up with it. */
export const routerLogin = defineCommand({
  name: 'staff.routerLogin',
  permission: 'system',
  isInternal: true,
  input: z.object({
    id: z.string(),
    router: z.string().max(64),
    /** Where they sit, as the router tells it. */
    from: z.string().max(64),
    totpStep: z.number().int().optional(),
  }),
  handle(ctx, { id, router, from, totpStep }) {
    const person = staffById(ctx, id)
    if (person?.status !== 'active') return err({ type: 'StaffUnknown', id })
    const { login, role } = person
    const rights = routerRights(permissionsOfRole(ctx.raw)(role))
    if (rights === undefined) return err({ type: 'RouterForbidden', login, router })
    if (totpStep !== undefined && totpStep <= person.totpStep) return err({ type: 'CodeUsed' })
    if (totpStep !== undefined) ctx.db.update(staff.site).set({ totpStep }).where(eq(staff.site.id, id)).run()
    ctx.changed(null, { login, router, from, rights })
    return ok({ login, rights })
  },
})

/** Somebody was not let in: kept in the audit log, with the name that was tried. */
export const refusedSignIn = defineCommand({
  name: 'staff.refused',
  permission: 'system',
  isInternal: true,
  input: browser.extend({
    login: z.string().max(64),
    why: z.enum(['unknown', 'wrong-password', 'wrong-code', 'wrong-passkey', 'passkey-copied', 'disabled', 'too-many']),
  }),
  handle: () => ok(),
})
