import { defineTable } from '@lango/kernel/db'

/** Devices that cannot open a portal: televisions, printers, tills. Each has a grant of its own under its id. */
export const bypasses = defineTable(
  'bypasses',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** As its sessions are called: "Lobby TV". */
    name: c.text(),
    /** Its address, normalised. */
    mac: c.text(),
    /** Null: as fast as the line is, without limits. */
    planId: c.optRef(),
    /** Epoch ms; null for ever. */
    untilAt: c.optInstant(),
    /** Ids of the routers that it is good at; none for all. */
    routers: c.json<string[]>(),
    grantNo: c.int(),
    createdAt: c.instant(),
  }),
  { unique: { byName: ['name'], byMac: ['mac'] } },
)
