import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { err, ok } from '@lango/kernel'
import { defineCommand } from '@lango/kernel/verbs'
import { giving } from './giving.ts'
import { builtInRole, permissions } from './rules.ts'
import { apiTokens, roles, staff } from './tables.ts'

/** Makes a role of permissions, or changes one: whoever has it may from then on what it says. */
export const setRole = defineCommand({
  name: 'roles.set',
  summary: 'Makes a role out of permissions, or changes one: whoever has it may do what it says from now on.',
  output: z.object({ id: z.string(), name: z.string(), permissions: z.array(z.string()) }),
  permission: 'people.write',
  input: z.object({
    id: z.string().optional(),
    name: z.string().trim().min(1, 'A role needs a name.').max(64),
    permissions: z.array(z.enum(permissions)).max(permissions.length),
  }),
  handle(ctx, { id, name, permissions: wanted }) {
    const before = id === undefined ? undefined : ctx.db.select().from(roles.site).where(eq(roles.site.id, id)).get()
    if (id !== undefined && !before) return err({ type: 'RoleUnknown', role: id })
    const same = ctx.db.select({ id: roles.site.id }).from(roles.site).where(eq(roles.site.name, name)).get()
    if (builtInRole(name.toLowerCase()) || (same && same.id !== id)) return err({ type: 'RoleNameTaken', name })
    const may = giving(ctx).permissions([...wanted, ...(before?.permissions ?? [])])
    if (!may.ok) return may
    const after = { name, permissions: [...new Set(wanted)].sort() }
    const roleId = id ?? ctx.ids.next('rol')
    if (before) ctx.db.update(roles.site).set(after).where(eq(roles.site.id, roleId)).run()
    else
      ctx.db
        .insert(roles.site)
        .values({ id: roleId, ...after, createdAt: ctx.now })
        .run()
    ctx.changed(before ? { name: before.name, permissions: before.permissions } : null, after)
    return ok({ id: roleId, ...after })
  },
})

/** Takes a role away that nobody has any more. */
export const removeRole = defineCommand({
  name: 'roles.remove',
  summary: 'Removes a role that nobody has any more.',
  output: z.object({ id: z.string(), name: z.string() }),
  permission: 'people.write',
  input: z.object({ id: z.string() }),
  handle(ctx, { id }) {
    const role = ctx.db.select().from(roles.site).where(eq(roles.site.id, id)).get()
    if (!role) return err({ type: 'RoleUnknown', role: id })
    const may = giving(ctx).permissions(role.permissions)
    if (!may.ok) return may
    const person = ctx.db.select({ id: staff.site.id }).from(staff.site).where(eq(staff.site.role, id)).get()
    const token = ctx.db.select({ id: apiTokens.site.id }).from(apiTokens.site).where(eq(apiTokens.site.role, id)).get()
    if (person ?? token) return err({ type: 'RoleInUse', name: role.name })
    ctx.db.delete(roles.site).where(eq(roles.site.id, id)).run()
    return ok({ id, name: role.name })
  },
})
