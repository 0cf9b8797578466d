import { z } from 'zod'
import { defineQuery } from '@lango/kernel/db'
import { apiTokens } from './tables.ts'

/** Tokens in the order they were made; what opens the door with them is not among it. */
export const listTokens = defineQuery({
  name: 'tokens.list',
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
