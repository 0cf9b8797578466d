import { defineTable } from '@lango/kernel/db'

/** The party that services belong to: a person, a company, or a tenant of the platform. */
export const customers = defineTable(
  'customers',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    id: c.id(),
    kind: c.oneOf(['person', 'company', 'tenant']),
    name: c.text(),
    phone: c.optText(),
    email: c.optText(),
    language: c.oneOf(['en', 'sw']),
    status: c.oneOf(['active', 'closed']),
    createdAt: c.instant(),
    /** Of a closed one: whom all that was theirs was moved to, and with whom they are forgotten. */
    movedTo: c.optText(),
  }),
  { indexes: { byPhone: ['phone'], byName: ['name'], byMovedTo: ['movedTo'] } },
)
