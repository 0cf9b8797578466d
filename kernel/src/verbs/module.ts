import type { AnyQuery } from '../db/query.ts'
import type { AnyTable } from '../db/table.ts'
import type { AnyCommand } from './command.ts'
import type { Follower } from './follower.ts'
import type { AnyJob } from './job.ts'
import { pruneAudit, signAudit } from './audit-commands.ts'
import { audit, auditHeads, commands, counters, jobs, personKeys } from './tables.ts'

/** A feature: one folder. Deleting it deletes the feature. */
export interface Module {
  readonly name: string
  readonly tables: readonly AnyTable[]
  readonly commands: readonly AnyCommand[]
  readonly queries: readonly AnyQuery[]
  readonly jobs: readonly AnyJob[]
  readonly followers: readonly Follower[]
}

export const defineModule = (module: Pick<Module, 'name'> & Partial<Module>): Module => ({
  tables: [],
  commands: [],
  queries: [],
  jobs: [],
  followers: [],
  ...module,
})

/** The kernel's own: command results, audit, jobs, counters. Every site has them. */
export const kernelModule = defineModule({
  name: 'kernel',
  tables: [commands, audit, auditHeads, personKeys, jobs, counters],
  commands: [signAudit, pruneAudit],
})

/** Parts by name. Throws when two share one: that is a mistake in the program. */
export const byName = <T extends { readonly name: string }>(parts: readonly T[]): ReadonlyMap<string, T> => {
  const named = new Map<string, T>()
  for (const part of parts) {
    if (named.has(part.name)) throw new TypeError(`'${part.name}' is defined twice`)
    named.set(part.name, part)
  }
  return named
}

/** All parts of several modules together; no two tables, commands, queries or jobs may share a name. */
export const partsOf = (modules: readonly Module[]): Omit<Module, 'name'> => ({
  tables: [...byName(modules.flatMap((module) => module.tables)).values()],
  commands: [...byName(modules.flatMap((module) => module.commands)).values()],
  queries: [...byName(modules.flatMap((module) => module.queries)).values()],
  jobs: [...byName(modules.flatMap((module) => module.jobs)).values()],
  followers: modules.flatMap((module) => module.followers),
})
