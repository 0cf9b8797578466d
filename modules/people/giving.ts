import { err, ok, type Result } from '@lango/kernel'
import type { CommandContext } from '@lango/kernel/verbs'
import { permissionsOfRole, roleOfActor } from './guard.ts'
import { builtInRole } from './rules.ts'

export type GivingFault =
  | { readonly type: 'RoleUnknown'; readonly role: string }
  /** Nobody gives what they do not have. */
  | { readonly type: 'RoleTooStrong'; readonly permission: string }

/** What whoever acts may give to others: at most what they may do themselves. The box's console may give everything. */
export const giving = (ctx: CommandContext) => {
  const isPerson = ctx.actor.kind === 'staff' || ctx.actor.kind === 'token'
  const permissionsOf = permissionsOfRole(ctx.raw)
  const mine = isPerson ? permissionsOf(roleOfActor(ctx.raw)(ctx.actor, ctx.now) ?? '') : undefined

  const permissions = (wanted: Iterable<string>): Result<undefined, GivingFault> => {
    for (const permission of wanted)
      if (mine && !mine.has(permission)) return err({ type: 'RoleTooStrong', permission })
    return ok(undefined)
  }
  const ownRoles = ctx.raw.prepare<[string], { id: string }>('SELECT id FROM roles WHERE id = ?')
  return {
    permissions,
    role(role: string): Result<undefined, GivingFault> {
      if (!builtInRole(role) && !ownRoles.get(role)) return err({ type: 'RoleUnknown', role })
      return permissions(permissionsOf(role))
    },
  }
}
