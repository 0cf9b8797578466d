import { defineTable } from '@lango/kernel/db'
import { roleNames } from './rules.ts'

/** Keys of programs that use the box's interface. A key is stored as a keyed hash: it is shown once, when it is made. */
export const apiTokens = defineTable(
  'api_tokens',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    role: c.oneOf(roleNames),
    hash: c.text(),
    createdAt: c.instant(),
    createdBy: c.text(),
    /** Null: until it is revoked. */
    expiresAt: c.optInstant(),
    revokedAt: c.optInstant(),
  }),
  { unique: { byHash: ['hash'] } },
)
