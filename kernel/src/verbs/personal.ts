/**
 * Personal values in the audit log. A command marks whose a value is; the log keeps it sealed under that person's own
 * key, so that erasing the person destroys the key, and the chain of hashes, which is over the sealed text, still holds.
 */
import { createCipheriv, createSecretKey } from 'node:crypto'
import { NONCE_OCTETS, openerFor, TAG_OCTETS } from '../base/aes-gcm.ts'
import type { Random } from '../base/random.ts'
import type { Vault } from '../base/vault.ts'
import type { RawDatabase } from '../db/sqlite.ts'

/** Whom a value belongs to: the id of a customer, or of a service of theirs. Both are erased together. */
export type PersonId = string

/** What stands where a value belongs to somebody who has no key: nobody can be asked to forget them. */
export const UNKNOWN_PERSON = '‹personal›'
/** What is told of values whose key was destroyed. */
export const ERASED = '‹erased›'

const KEY_OCTETS = 32
const AAD = 'audit.personal'
/** Deeper down nothing is looked for. */
const DEPTH_MAX = 8

/** A value that is somebody's. As JSON it is never told. */
export class Personal {
  readonly personId: PersonId | undefined
  readonly value: unknown

  constructor(personId: PersonId | undefined, value: unknown) {
    this.personId = personId
    this.value = value
  }

  toJSON(): string {
    return UNKNOWN_PERSON
  }
}

/** What identifies or reaches a person, by the names it goes under in inputs and rows. */
const PERSONAL_NAMES: ReadonlySet<string> = new Set([
  'address',
  'delegated',
  'device',
  'devices',
  'email',
  'framedIp',
  'ip',
  'ipv6',
  'login',
  'mac',
  'macLogin',
  'name',
  'phone',
  'serial',
])

/** Marks everything in a record that goes under a personal name as this person's. */
export const personalIn = (personId: PersonId | undefined, record: unknown, depth = 0): unknown => {
  if (Array.isArray(record) && depth < DEPTH_MAX) return record.map((each) => personalIn(personId, each, depth + 1))
  if (!isPlain(record) || depth === DEPTH_MAX) return record
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      PERSONAL_NAMES.has(name) && value !== undefined && value !== null
        ? new Personal(personId, value)
        : personalIn(personId, value, depth + 1),
    ]),
  )
}

/** An object of plain JSON: what prints itself, a secret or a time, is left to. */
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** As it stands in the log: each person's values in one box, and their places. */
type Sealed = { readonly $personal: Readonly<Record<PersonId, string>>; readonly record: unknown }
type Place = { readonly $of: PersonId; readonly at: number }

const isSealed = (record: unknown): record is Sealed => isPlain(record) && isPlain(record['$personal'])
const isPlace = (value: unknown): value is Place => isPlain(value) && typeof value['$of'] === 'string'

type KeyRow = { readonly key: Buffer | null }
const purposeOf = (id: PersonId): string => `person_keys.key:${id}`

/** Seals what is marked in a record; a person's key is made with the first value that is theirs. */
export const createPersonalSealer = (
  raw: RawDatabase,
  { vault, random }: { readonly vault: Vault; readonly random: Random },
): ((record: unknown) => unknown) => {
  const find = raw.prepare<[PersonId], KeyRow>('SELECT key FROM person_keys WHERE id = ?')
  const insert = raw.prepare<[PersonId, Buffer]>('INSERT INTO person_keys (id, key) VALUES (?, ?)')

  /** Undefined when it was destroyed. */
  const keyOf = (id: PersonId): Buffer | undefined => {
    const row = find.get(id)
    if (row) return row.key === null ? undefined : openedKey(vault, id, row.key)
    const key = random.bytes(KEY_OCTETS)
    insert.run(id, vault.seal(key.toString('base64'), purposeOf(id)))
    return key
  }

  const boxOf = (id: PersonId, values: readonly unknown[]): string | undefined => {
    const key = keyOf(id)
    if (key === undefined) return undefined
    const nonce = random.bytes(NONCE_OCTETS)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(AAD))
    const text = Buffer.concat([cipher.update(JSON.stringify(values), 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
  }

  return (record) => {
    const values = new Map<PersonId, unknown[]>()
    const placed = withPlaces(record, values)
    if (values.size === 0) return placed
    const boxes = [...values].map(([id, held]) => [id, boxOf(id, held)] as const)
    return { $personal: Object.fromEntries(boxes.filter(([, box]) => box !== undefined)), record: placed }
  }
}

/** The record with a place for each marked value, which is put to the others of its person. */
const withPlaces = (record: unknown, values: Map<PersonId, unknown[]>): unknown => {
  if (record instanceof Personal) {
    if (record.personId === undefined) return UNKNOWN_PERSON
    const held = values.get(record.personId) ?? []
    values.set(record.personId, held)
    return { $of: record.personId, at: held.push(record.value) - 1 } satisfies Place
  }
  if (Array.isArray(record)) return record.map((each) => withPlaces(each, values))
  if (!isPlain(record)) return record
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, withPlaces(value, values)]))
}

const openedKey = (vault: Pick<Vault, 'open'>, id: PersonId, sealed: Buffer): Buffer | undefined => {
  const opened = vault.open(sealed, purposeOf(id))
  return opened.ok ? Buffer.from(opened.value.reveal(), 'base64') : undefined
}

/** Reads records as they stand in the log: the text with everything in it, or undefined where nothing in it is sealed. */
export const createPersonalReader = (raw: RawDatabase, vault: Pick<Vault, 'open'>): ((record: string) => unknown) => {
  const find = raw.prepare<[PersonId], KeyRow>('SELECT key FROM person_keys WHERE id = ?')
  const valuesOf = (id: PersonId, box: string): readonly unknown[] => {
    const sealed = find.get(id)?.key
    const key = sealed ? openedKey(vault, id, sealed) : undefined
    const octets = Buffer.from(box, 'base64')
    if (key === undefined || octets.length < NONCE_OCTETS + TAG_OCTETS) return []
    // Made for one record: a key of a person is no key to keep a native context for.
    const text = openerFor(createSecretKey(key), null)(octets, AAD)
    return text === undefined ? [] : (JSON.parse(text) as unknown[])
  }
  return (text) => {
    if (!text.startsWith('{"$personal":')) return undefined
    const sealed: unknown = JSON.parse(text)
    if (!isSealed(sealed)) return undefined
    const values = new Map(Object.entries(sealed.$personal).map(([id, box]) => [id, valuesOf(id, box)]))
    return filled(sealed.record, values)
  }
}

const filled = (record: unknown, values: ReadonlyMap<PersonId, readonly unknown[]>): unknown => {
  if (isPlace(record)) return values.get(record.$of)?.[record.at] ?? ERASED
  if (Array.isArray(record)) return record.map((each) => filled(each, values))
  if (!isPlain(record)) return record
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, filled(value, values)]))
}

/** Destroys the keys of somebody, and of what is theirs: nothing that the log has of them can be read again, or is added. */
export const destroyPersonKeys = (raw: RawDatabase, ids: readonly PersonId[]): void => {
  // The old octets are written over, not left in a free page.
  raw.pragma('secure_delete = ON')
  const destroy = raw.prepare(
    'INSERT INTO person_keys (id, key) VALUES (?, NULL) ON CONFLICT (id) DO UPDATE SET key = NULL',
  )
  for (const id of ids) destroy.run(id)
}
