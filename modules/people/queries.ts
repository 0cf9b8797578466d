import { and, eq, gte, inArray, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { z } from 'zod'
import { ascending, contains, defineQuery, descending } from '@lango/kernel/db'
import { audit } from '@lango/kernel/verbs'
import { apiTokens, passkeys, roles, staff, staffSessions } from './tables.ts'

/** Tokens in the order they were made; what opens the door with them is not among it. */
export const listTokens = defineQuery({
  name: 'tokens.list',
  summary: 'Lists API tokens with their role and validity; never the tokens themselves.',
  permission: 'people.read',
  input: z.object({}),
  tables: { apiTokens },
  select: ({ db, apiTokens, byKey }) =>
    db
      .select({
        id: apiTokens.id,
        name: apiTokens.name,
        role: apiTokens.role,
        createdAt: apiTokens.createdAt,
        createdBy: apiTokens.createdBy,
        expiresAt: apiTokens.expiresAt,
        revokedAt: apiTokens.revokedAt,
      })
      .from(apiTokens)
      .orderBy(apiTokens.createdAt, ...byKey(apiTokens)),
  shape: (rows) => rows,
})

/** The box's own roles by name; `rules.ts` has those that every box has. */
export const listRoles = defineQuery({
  name: 'roles.list',
  summary:
    'Lists the roles that were made on this box, with their permissions; the four built-in ones are not among them.',
  permission: 'people.read',
  input: z.object({}),
  tables: { roles },
  select: ({ db, roles, byKey }) =>
    db
      .select()
      .from(roles)
      .orderBy(ascending(roles.name), ...byKey(roles)),
  shape: (rows) => rows,
})

/** People by login. */
export const listStaff = defineQuery({
  name: 'staff.list',
  summary: 'Lists the people of the staff with login, role and state.',
  permission: 'people.read',
  input: z.object({}),
  tables: { staff },
  select: ({ db, staff, byKey }) =>
    db
      .select({
        id: staff.id,
        login: staff.login,
        name: staff.name,
        role: staff.role,
        status: staff.status,
        createdAt: staff.createdAt,
        passwordSince: staff.passwordSince,
        totpSince: staff.totpSince,
        commissionBp: staff.commissionBp,
      })
      .from(staff)
      .orderBy(ascending(staff.login), ...byKey(staff)),
  shape: (rows) => rows,
})

/** A person's browsers that are signed in, the latest first. */
export const listStaffSessions = defineQuery({
  name: 'staff.sessions',
  summary: 'Lists the browsers in which one person is signed in, the latest first.',
  permission: 'people.read',
  input: z.object({ staffId: z.string() }),
  tables: { staffSessions },
  examples: [1, 2, 3, 4, 5, 6].map((n) => ({ staffId: `staff_${n}` })),
  select: ({ db, staffSessions: sessions, byKey }, { staffId }) =>
    db
      .select({
        id: sessions.id,
        createdAt: sessions.createdAt,
        until: sessions.until,
        address: sessions.address,
        agent: sessions.agent,
      })
      .from(sessions)
      .where(and(eq(sessions.staffId, staffId), isNull(sessions.endedAt)))
      .orderBy(descending(sessions.createdAt), ...byKey(sessions)),
  shape: (rows) => rows,
})

/** One's own account: the desk asks with the id of whoever is signed in, and nobody else has the permission. */
export const showOwn = defineQuery({
  name: 'me.show',
  summary: 'Shows the account of the person who asks.',
  permission: 'self',
  input: z.object({ staffId: z.string() }),
  tables: { staff },
  examples: [{ staffId: 'staff_1' }],
  select: ({ db, staff, byKey }, { staffId }) =>
    db
      .select({ name: staff.name, login: staff.login, totpSince: staff.totpSince, recoveryLeft: staff.recoveryLeft })
      .from(staff)
      .where(eq(staff.id, staffId))
      .orderBy(...byKey(staff)),
  shape: (rows) => rows[0],
})

/** As `staff.sessions`, of one's own. */
export const ownSessions = defineQuery({
  ...listStaffSessions,
  name: 'me.sessions',
  summary: 'Lists the browsers in which the person who asks is signed in, the latest first.',
  permission: 'self',
})

/** A person's passkeys in the order they were added; what verifies their signatures is not among it. */
export const listStaffPasskeys = defineQuery({
  name: 'staff.passkeys',
  summary: 'Lists the passkeys of one person of the staff, in the order they were added.',
  permission: 'people.read',
  input: z.object({ staffId: z.string() }),
  tables: { passkeys },
  examples: [1, 2, 3, 4, 5, 6].map((n) => ({ staffId: `staff_${n}` })),
  select: ({ db, passkeys, byKey }, { staffId }) =>
    db
      .select({
        id: passkeys.id,
        name: passkeys.name,
        rpId: passkeys.rpId,
        backedUp: passkeys.backedUp,
        createdAt: passkeys.createdAt,
        lastUsedAt: passkeys.lastUsedAt,
      })
      .from(passkeys)
      .where(eq(passkeys.staffId, staffId))
      .orderBy(passkeys.createdAt, ...byKey(passkeys)),
  shape: (rows) => rows,
})

/** As `staff.passkeys`, of one's own. */
export const ownPasskeys = defineQuery({
  ...listStaffPasskeys,
  name: 'me.passkeys',
  summary: 'Lists the passkeys of the person who asks, in the order they were added.',
  permission: 'self',
})

/** Rows of one page of the audit log. */
const AUDIT_ROWS_MAX = 1000
const outcomes = ['done', 'refused', 'failed', 'forbidden'] as const
/** More than any release has. */
const COMMANDS_MAX = 500
/** What SQLite puts together in one statement, less some. */
const BRANCHES_MAX = 400

/** The names of commands that stand in the log. */
export const auditedCommands = defineQuery({
  name: 'audit.commands',
  summary: 'Lists the names of commands that stand in the audit log.',
  permission: 'audit.read',
  input: z.object({}),
  tables: { audit },
  // From one name to the next, so that what is read grows with the names and not with the log.
  select: ({ db, audit: { command }, audit }) =>
    db
      .select({ name: sql`names.name`.mapWith(command) })
      .from(
        sql`(with recursive found(name) as (
          select min(${command}) from ${audit} union all
          select (select min(${command}) from ${audit} where ${command} > found.name) from found where found.name is not null
        ) select name from found where name is not null) as names`,
      )
      .orderBy(ascending(sql`names.name`))
      .limit(COMMANDS_MAX),
  shape: (rows) => rows.map(({ name }) => name),
})

/** Who did what, the latest first; `before` is the number of the last row of the page before. */
export const searchAudit = defineQuery({
  name: 'audit.search',
  summary: 'Searches the audit log for who did what and when, the latest first, a page at a time.',
  permission: 'audit.read',
  input: z.object({
    actorId: z.string().max(253).optional(),
    /** A command's name, or the beginning or middle of one: a long log takes its time. */
    command: z.string().max(100).optional(),
    /** Of exactly these commands, at once however long the log is; `audit.commands` has those that there are. */
    commands: z.array(z.string().max(100)).max(COMMANDS_MAX).optional(),
    outcome: z.enum(outcomes).optional(),
    fromAt: z.number().int().optional(),
    toAt: z.number().int().optional(),
    before: z.number().int().optional(),
    limit: z.number().int().min(1).max(AUDIT_ROWS_MAX).default(100),
  }),
  tables: { audit },
  examples: [
    {},
    { command: 'a', limit: 2 },
    { before: 3 },
    { commands: ['a', 'b'], limit: 2 },
    { actorId: 'a' },
    { actorId: 'b', outcome: 'done', commands: ['a'] },
    { outcome: 'failed' },
  ],
  select({ db, audit, byKey }, { actorId, command, commands, outcome, fromAt, toAt, before, limit }) {
    const bounds = and(
      before === undefined ? undefined : lt(audit.no, before),
      command === undefined ? undefined : contains(audit.command, command),
      fromAt === undefined ? undefined : gte(audit.at, fromAt),
      toAt === undefined ? undefined : lt(audit.at, toAt),
    )
    const isCommand = commands === undefined ? undefined : inArray(audit.command, commands)
    // The latest of each outcome, of somebody or of each command, stand together in an index: the latest of all are
    // among them.
    const ofEach = (column: typeof audit.actorId, values: readonly string[], besides?: SQL): readonly SQL[] =>
      values.flatMap((value) =>
        outcomes
          .filter((each) => outcome === undefined || each === outcome)
          .map((each) => and(eq(column, value), eq(audit.outcome, each), besides, bounds)!),
      )
    const branches =
      actorId === undefined ? ofEach(audit.command, commands ?? []) : ofEach(audit.actorId, [actorId], isCommand)
    const latest = (branch: SQL): SQL =>
      sql`select no from (select ${audit.no} as no from ${audit} where ${branch}
        order by ${audit.no} desc limit ${limit}) as latest`
    const isAmong =
      branches.length > 0 && branches.length <= BRANCHES_MAX
        ? sql`${audit.no} in (${sql.join(branches.map(latest), sql` union all `)})`
        : undefined
    const isMeant = and(
      bounds,
      isCommand,
      actorId === undefined ? undefined : eq(audit.actorId, actorId),
      outcome === undefined ? undefined : eq(audit.outcome, outcome),
    )
    return db
      .select()
      .from(audit)
      .where(and(isMeant, isAmong))
      .orderBy(descending(audit.no), ...byKey(audit))
      .limit(limit)
  },
  shape: (rows) => rows,
})
