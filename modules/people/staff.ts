/** People who work with the box: who they are, what they may, and how they come in. */
import { and, eq, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok, type Result } from '@lango/kernel'
import { defineCommand, type CommandContext } from '@lango/kernel/verbs'
import { giving, type GivingFault } from './giving.ts'
import { COMMISSION_BP_MAX, STAFF_LOGIN } from './rules.ts'
import { passkeys, staff, staffDoors, staffSessions } from './tables.ts'

export const DOOR_PURPOSE = 'staff_doors.hash'
const DOOR_BYTES = 24
/** An invitation or a way back in is good for this long. */
export const DOOR_DAYS = 3

export const staffLogin = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    STAFF_LOGIN,
    'A staff login has 2 to 64 letters, digits, dots, dashes or @, such as amina or amina@isp.example.',
  )
export const staffName = z.string().trim().min(1, 'A name is needed.').max(128)
const role = z.string().min(1).max(64)

export type StaffRow = typeof staff.site.$inferSelect

export const staffById = (ctx: CommandContext, id: string): StaffRow | undefined =>
  ctx.db.select().from(staff.site).where(eq(staff.site.id, id)).get()

/** Whoever acts, as a row. */
export const oneself = (ctx: CommandContext): StaffRow | undefined => staffById(ctx, ctx.actor.id)
export const NOBODY = { type: 'StaffUnknown', id: '' } as const

/** The row of somebody new, who has no password yet. */
export const newStaff = (
  ctx: CommandContext,
  given: Pick<StaffRow, 'id' | 'login' | 'name' | 'role'>,
): typeof staff.site.$inferInsert => ({
  ...given,
  status: 'active',
  createdAt: ctx.now,
  createdBy: ctx.actor.id,
  passwordHash: null,
  passwordSince: null,
  totp: null,
  totpPending: null,
  totpSince: null,
  totpStep: 0,
  recovery: null,
  recoveryLeft: 0,
  commissionBp: null,
})

/** Opens a door for a person, once; doors opened before are shut. */
const openDoor = (ctx: CommandContext, staffId: string): { code: string; until: number } => {
  ctx.db.delete(staffDoors.site).where(eq(staffDoors.site.staffId, staffId)).run()
  const code = ctx.random.bytes(DOOR_BYTES).toString('base64url')
  const until = ctx.now + DOOR_DAYS * 86_400_000
  const hash = ctx.vault.keyedHash(code, DOOR_PURPOSE)
  ctx.db
    .insert(staffDoors.site)
    .values({ id: ctx.ids.next('dor'), staffId, hash, createdAt: ctx.now, until })
    .run()
  return { code, until }
}

/** Signs a person's browsers out, all or all but one. */
export const endSessions = (ctx: CommandContext, staffId: string, but?: string): number => {
  const { site: sessions } = staffSessions
  const open = ctx.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.staffId, staffId), isNull(sessions.endedAt)))
    .all()
    .filter(({ id }) => id !== but)
  for (const { id } of open) ctx.db.update(sessions).set({ endedAt: ctx.now }).where(eq(sessions.id, id)).run()
  return open.length
}

/** Somebody must always be able to give rights back. */
const isLastOwner = (ctx: CommandContext, id: string): boolean => {
  const owners = ctx.db
    .select({ id: staff.site.id })
    .from(staff.site)
    .where(and(eq(staff.site.role, 'owner'), eq(staff.site.status, 'active')))
    .all()
  return owners.length === 1 && owners[0]!.id === id
}

/** Takes somebody in; they choose their password with the code, which is told this once. */
export const inviteStaff = defineCommand({
  name: 'staff.invite',
  summary: 'Invites a person to the staff and tells once the code with which they choose their password.',
  output: z.object({ id: z.string(), login: z.string(), code: z.string(), until: z.number().int() }),
  permission: 'people.write',
  valueIsSecret: true,
  input: z.object({ login: staffLogin, name: staffName, role }),
  handle(ctx, input) {
    const taken = ctx.db.select({ id: staff.site.id }).from(staff.site).where(eq(staff.site.login, input.login)).get()
    if (taken) return err({ type: 'StaffLoginTaken', login: input.login })
    const given = giving(ctx).role(input.role)
    if (!given.ok) return given
    const id = ctx.ids.next('stf')
    ctx.db
      .insert(staff.site)
      .values(newStaff(ctx, { id, ...input }))
      .run()
    return ok({ id, login: input.login, ...openDoor(ctx, id) })
  },
})

/**
 * A way back in: a new code for the password; browsers are signed out; a lost phone's app and the passkeys, which may
 * be on it, are forgotten when asked for.
 */
export const resetStaff = defineCommand({
  name: 'staff.reset',
  summary: 'Gives a person a new code to choose their password with, and signs them out everywhere.',
  output: z.object({ id: z.string(), login: z.string(), code: z.string(), until: z.number().int() }),
  permission: 'people.write',
  valueIsSecret: true,
  input: z.object({ id: z.string(), forgetApp: z.boolean().default(false) }),
  handle(ctx, { id, forgetApp }) {
    const person = staffById(ctx, id)
    if (!person) return err({ type: 'StaffUnknown', id })
    // Whoever lets a stronger one back in could come in in their place.
    const given = giving(ctx).role(person.role)
    if (!given.ok) return given
    endSessions(ctx, id)
    if (forgetApp) forgetDevices(ctx, id)
    return ok({ id, login: person.login, ...openDoor(ctx, id) })
  },
})

const forgetDevices = (ctx: CommandContext, id: string): void => {
  ctx.db
    .update(staff.site)
    .set({ totp: null, totpPending: null, totpSince: null, recovery: null, recoveryLeft: 0 })
    .where(eq(staff.site.id, id))
    .run()
  ctx.db.delete(passkeys.site).where(eq(passkeys.site.staffId, id)).run()
}

/** Whoever turns somebody into something else must be able to give both; a role that is gone can be left. */
const mayTurn = (ctx: CommandContext, from: string, to: string | undefined): Result<undefined, GivingFault> => {
  const may = giving(ctx)
  const left = may.role(from)
  if (!left.ok && left.error.type !== 'RoleUnknown') return left
  return to === undefined ? ok(undefined) : may.role(to)
}

/** Another name, role, state or commission; what is not given stays. Disabled people are signed out at once. */
export const changeStaff = defineCommand({
  name: 'staff.change',
  summary: 'Changes name, role or state of a person; whoever is disabled is signed out at once.',
  output: z.object({ id: z.string(), login: z.string() }),
  permission: 'people.write',
  input: z.object({
    id: z.string(),
    name: staffName.optional(),
    role: role.optional(),
    status: z.enum(['active', 'disabled']).optional(),
    /** Counts for what is sold from then on; null takes it away. */
    commissionBp: z.number().int().min(0).max(COMMISSION_BP_MAX).nullable().optional(),
  }),
  handle(ctx, { id, ...change }) {
    const person = staffById(ctx, id)
    if (!person) return err({ type: 'StaffUnknown', id })
    const may = mayTurn(ctx, person.role, change.role)
    if (!may.ok) return may
    const losesOwner = (change.role ?? 'owner') !== 'owner' || change.status === 'disabled'
    if (losesOwner && isLastOwner(ctx, id)) return err({ type: 'LastOwner', login: person.login })
    const after = {
      name: change.name ?? person.name,
      role: change.role ?? person.role,
      status: change.status ?? person.status,
      commissionBp: change.commissionBp === undefined ? person.commissionBp : change.commissionBp,
    }
    ctx.db.update(staff.site).set(after).where(eq(staff.site.id, id)).run()
    if (after.status === 'disabled') {
      endSessions(ctx, id)
      ctx.db.delete(staffDoors.site).where(eq(staffDoors.site.staffId, id)).run()
    }
    const { name, role: roleBefore, status, commissionBp } = person
    ctx.changed({ name, role: roleBefore, status, commissionBp }, after)
    return ok({ id, login: person.login, ...after })
  },
})

/** Signs somebody out of every browser. */
export const signOutStaff = defineCommand({
  name: 'staff.signOut',
  summary: 'Signs a person out of every browser.',
  output: z.object({ id: z.string(), login: z.string(), ended: z.number().int() }),
  permission: 'people.write',
  input: z.object({ id: z.string() }),
  handle(ctx, { id }) {
    const person = staffById(ctx, id)
    return person ? ok({ id, login: person.login, ended: endSessions(ctx, id) }) : err({ type: 'StaffUnknown', id })
  },
})
