import { defineTable } from '../db/table.ts'

/** Commands that were carried out, refused by their own rules, or given up: a second dispatch of an id is answered from here. */
export const commands = defineTable(
  'commands',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    /** Keyed hash of the parsed input: tells a repeat from a reuse without storing what was secret in it. */
    inputHash: c.text(),
    at: c.instant(),
    outcome: c.oneOf(['done', 'refused', 'failed']),
    /** The value, or the fault. */
    result: c.json<unknown>(),
  }),
  { indexes: { byAge: ['at'] } },
)

/** Who did what, chained by hashes: a row that is changed, taken out or put between breaks every hash after it. */
export const audit = defineTable(
  'audit',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'no' },
  (c) => ({
    at: c.instant(),
    actorKind: c.text(),
    actorId: c.text(),
    command: c.text(),
    commandId: c.text(),
    outcome: c.oneOf(['done', 'refused', 'failed', 'forbidden']),
    /** JSON, exactly as it was hashed. */
    record: c.text(),
    /** Where it came from: the address of a browser or program. */
    origin: c.optText(),
    previousHash: c.text(),
    hash: c.text(),
  }),
  // The latest of somebody or of a command, of each outcome by itself: a log of years is not read for fifty rows.
  { indexes: { byActor: ['actorId', 'outcome'], byCommand: ['command', 'outcome'] } },
)

/**
 * What the box has put its name to: how far the log had come (`head`), and up to where old rows were removed
 * (`removed`). A log whose tail was cut, or that was hashed anew, does not fit them.
 */
export const auditHeads = defineTable(
  'audit_heads',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'no' },
  (c) => ({
    kind: c.oneOf(['head', 'removed']),
    entryNo: c.int(),
    /** Of that entry. */
    hash: c.text(),
    at: c.instant(),
    /** What the box was called. */
    site: c.text(),
    /** Names the key that signed. */
    keyId: c.text(),
    signature: c.text(),
  }),
  { indexes: { byEntry: ['entryNo'] } },
)

/** The key of each person whom the audit log tells of. Without one nothing of them can be read there any more. */
export const personKeys = defineTable(
  'person_keys',
  { home: 'site', flow: 'never', onDelete: 'erase', key: 'id' },
  (c) => ({
    /** Of a customer, or of a service of theirs. */
    id: c.id(),
    /** Null when it was destroyed. */
    key: c.optSecret(),
  }),
)

/** Work to be done outside a transaction. Rows of jobs that ended well are gone; `failed` ones wait for a person. */
export const jobs = defineTable(
  'jobs',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    input: c.json<unknown>(),
    state: c.oneOf(['ready', 'running', 'failed']),
    runAt: c.instant(),
    attempts: c.int(),
    /** Why the last try failed. */
    error: c.optText(),
    uniqueKey: c.optText(),
  }),
  { indexes: { due: ['state', 'runAt'], byKey: ['name', 'uniqueKey'] } },
)

/** The last human number of each series. */
export const counters = defineTable('counters', { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' }, (c) => ({
  id: c.id(),
  value: c.int(),
}))
