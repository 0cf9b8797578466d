import { defineTable } from '@lango/kernel/db'

/** Roles of this box's own, beside those that every box has (`rules.ts`). */
export const roles = defineTable(
  'roles',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({ id: c.id(), name: c.text(), permissions: c.json<string[]>(), createdAt: c.instant() }),
  { unique: { byName: ['name'] } },
)

/** People who work with the box. */
export const staff = defineTable(
  'staff',
  { home: 'site', flow: 'latest', onDelete: 'keep', key: 'id' },
  (c) => ({
    id: c.id(),
    login: c.text(),
    name: c.text(),
    /** The name of a role that every box has, or the id of one of its own. */
    role: c.text(),
    status: c.oneOf(['active', 'disabled']),
    createdAt: c.instant(),
    createdBy: c.text(),
    /** argon2id, as a PHC string; null until the person has chosen a password. */
    passwordHash: c.optSecret(),
    passwordSince: c.optInstant(),
    /** The secret shared with the person's authenticator app, sealed; and one that is not confirmed yet. */
    totp: c.optSecret(),
    totpPending: c.optSecret(),
    totpSince: c.optInstant(),
    /** The last step a code was good for: it is not good again. */
    totpStep: c.int({ before: 0 }),
    /** Keyed hashes of the recovery codes that are left, a JSON array. */
    recovery: c.optSecret(),
    recoveryLeft: c.int({ before: 0 }),
    /** Of the price of a voucher that the person sells, in hundredths of a percent; null: they earn none. */
    commissionBp: c.optInt(),
  }),
  { unique: { byLogin: ['login'] } },
)

/** One-time addresses by which a person chooses a password: an invitation, or a way back in. */
export const staffDoors = defineTable(
  'staff_doors',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({ id: c.id(), staffId: c.ref('staff'), hash: c.text(), createdAt: c.instant(), until: c.instant() }),
  { unique: { byHash: ['hash'] }, indexes: { byStaff: ['staffId'] } },
)

/** Browsers that are signed in. A session's secret is kept as a keyed hash. */
export const staffSessions = defineTable(
  'staff_sessions',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    staffId: c.ref('staff'),
    hash: c.text(),
    createdAt: c.instant(),
    until: c.instant(),
    address: c.text(),
    /** The browser, as it names itself. */
    agent: c.text(),
    endedAt: c.optInstant(),
  }),
  { unique: { byHash: ['hash'] }, indexes: { byStaff: ['staffId'] } },
)

/** Passkeys of people (WebAuthn): the public half of a key that a phone, a computer or a security key holds. */
export const passkeys = defineTable(
  'passkeys',
  { home: 'site', flow: 'never', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    staffId: c.ref('staff'),
    /** As the browser names it, base64url. */
    credentialId: c.text(),
    /** COSE_Key (RFC 9052 section 7), base64url. */
    publicKey: c.text(),
    /** The host name that it was made for (RP ID): it signs for no other. */
    rpId: c.text(),
    /** How often it has signed by its own count; 0 where it does not count. */
    counter: c.int(),
    /** How a browser reaches it: `internal`, `usb`, `hybrid`. */
    transports: c.json<string[]>(),
    /** As its person calls it. */
    name: c.text(),
    /** A copy is kept by whoever keeps the person's passkeys. */
    backedUp: c.flag(),
    createdAt: c.instant(),
    lastUsedAt: c.optInstant(),
  }),
  { unique: { byCredential: ['credentialId'] }, indexes: { byStaff: ['staffId'] } },
)

/** Keys of programs that use the box's interface. A key is stored as a keyed hash: it is shown once, when it is made. */
export const apiTokens = defineTable(
  'api_tokens',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    name: c.text(),
    role: c.text(),
    hash: c.text(),
    createdAt: c.instant(),
    createdBy: c.text(),
    /** Null: until it is revoked. */
    expiresAt: c.optInstant(),
    revokedAt: c.optInstant(),
  }),
  { unique: { byHash: ['hash'] } },
)
