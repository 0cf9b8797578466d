import type { Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import type { Actor, CommandContext } from '@lango/kernel/verbs'
import { builtInRole } from './rules.ts'

/** So that a token which lies about is known for one. */
export const TOKEN_PREFIX = 'lango_'
const TOKEN_SHAPE = /^lango_[A-Za-z0-9_-]{43}$/
export const TOKEN_PURPOSE = 'api_tokens.hash'
export const SESSION_PURPOSE = 'staff_sessions.hash'
export const totpPurpose = (staffId: string): string => `staff.totp:${staffId}`

/** Who a signed-in browser belongs to. */
export type SessionHolder = {
  readonly sessionId: string
  readonly staffId: string
  readonly login: string
  readonly name: string
  readonly role: string
}

const NOTHING: ReadonlySet<string> = new Set()

/** The permissions of a role, one of the box's own too; nothing for a role that is not there. */
export const permissionsOfRole = (raw: RawDatabase): ((role: string) => ReadonlySet<string>) => {
  const ownRole = raw.prepare<[string], { permissions: string }>('SELECT permissions FROM roles WHERE id = ?')
  return (role) => {
    const own = builtInRole(role)
    if (own) return own
    const row = ownRole.get(role)
    return row ? new Set(JSON.parse(row.permissions) as string[]) : NOTHING
  }
}

/** The role of a person or program now: none for whoever was disabled, revoked or is past its time. */
export const roleOfActor = (raw: RawDatabase): ((actor: Actor, now: number) => string | undefined) => {
  const ofToken = raw.prepare<[string, number], { role: string }>(
    'SELECT role FROM api_tokens WHERE id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)',
  )
  const ofStaff = raw.prepare<[string], { role: string }>(`SELECT role FROM staff WHERE id = ? AND status = 'active'`)
  return ({ kind, id }, now) => {
    if (kind === 'token') return ofToken.get(id, now)?.role
    return kind === 'staff' ? ofStaff.get(id)?.role : undefined
  }
}

/** Whether whoever a command acts for may do something else besides; the box and its console may everything. */
export const actorMay = ({ raw, actor, now }: CommandContext, permission: string): boolean => {
  if (actor.kind === 'system' || actor.kind === 'console') return true
  const role = roleOfActor(raw)(actor, now)
  return role !== undefined && permissionsOfRole(raw)(role).has(permission)
}

/**
 * Who holds a token or a signed-in browser, and what they may do: looked up anew each time, so that what is taken away
 * is gone at once. `now` is the site's clock.
 */
export const createPeopleGuard = (raw: RawDatabase, vault: Pick<Vault, 'keyedHash'>, now: () => number) => {
  const permissionsOf = permissionsOfRole(raw)
  const roleOf = roleOfActor(raw)
  const byToken = raw.prepare<[string], { id: string }>('SELECT id FROM api_tokens WHERE hash = ?')
  const bySession = raw.prepare<[string, number], SessionHolder>(
    `SELECT e.id sessionId, s.id staffId, s.login, s.name, s.role FROM staff_sessions e JOIN staff s ON s.id = e.staff_id
     WHERE e.hash = ? AND e.ended_at IS NULL AND e.until > ? AND s.status = 'active'`,
  )
  return {
    /** Who shows this token; undefined when it opens nothing. */
    holderOf: (token: string): Actor | undefined => {
      if (!TOKEN_SHAPE.test(token)) return undefined
      const found = byToken.get(vault.keyedHash(token, TOKEN_PURPOSE))
      if (!found) return undefined
      const actor: Actor = { kind: 'token', id: found.id }
      return roleOf(actor, now()) === undefined ? undefined : actor
    },
    /** Whose browser shows this session's secret. */
    sessionOf: (secret: string): SessionHolder | undefined =>
      bySession.get(vault.keyedHash(secret, SESSION_PURPOSE), now()),
    may: (actor: Actor, permission: string): boolean => {
      const role = roleOf(actor, now())
      if (role === undefined) return false
      return permission === 'self' ? actor.kind === 'staff' : permissionsOf(role).has(permission)
    },
  }
}

export type PeopleGuard = ReturnType<typeof createPeopleGuard>

/** What somebody shows to sign in, as it is kept. */
export type Credential = {
  readonly id: string
  readonly login: string
  readonly status: string
  /** argon2id, undefined until a password was chosen. */
  readonly passwordHash: string | undefined
  /** The authenticator app's secret, where the person has one. */
  readonly totp: Buffer | undefined
  readonly totpStep: number
}

type PasskeyRow = Omit<KnownPasskey, 'transports'> & { readonly transports: string }

type CredentialRow = Omit<Credential, 'passwordHash' | 'totp'> & {
  readonly passwordHash: Buffer | null
  readonly totp: Buffer | null
}

/** A passkey as its signatures are verified. */
export type KnownPasskey = {
  readonly id: string
  readonly staffId: string
  /** base64url, as its public key (COSE_Key) is. */
  readonly credentialId: string
  readonly publicKey: string
  /** The host name that it was made for. */
  readonly rpId: string
  readonly transports: readonly string[]
}

/** Looks up who signs in. */
export const createCredentials = (raw: RawDatabase, vault: Pick<Vault, 'open'>) => {
  const columns = 'id, login, status, password_hash passwordHash, totp, totp_step totpStep'
  const byLogin = raw.prepare<[string], CredentialRow>(`SELECT ${columns} FROM staff WHERE login = ?`)
  const byId = raw.prepare<[string], CredentialRow>(`SELECT ${columns} FROM staff WHERE id = ?`)
  const anyone = raw.prepare<[], { yes: number }>('SELECT EXISTS (SELECT 1 FROM staff) AS yes')
  const passkeyColumns =
    'id, staff_id staffId, credential_id credentialId, public_key publicKey, rp_id rpId, transports'
  const byCredential = raw.prepare<[string], PasskeyRow>(
    `SELECT ${passkeyColumns} FROM passkeys WHERE credential_id = ?`,
  )
  const ofStaff = raw.prepare<[string], PasskeyRow>(
    `SELECT ${passkeyColumns} FROM passkeys WHERE staff_id = ? ORDER BY created_at, id`,
  )
  const known = (row: PasskeyRow): KnownPasskey => ({ ...row, transports: JSON.parse(row.transports) as string[] })
  const opened = (row: CredentialRow | undefined): Credential | undefined => {
    if (!row) return undefined
    const totp = row.totp === null ? undefined : vault.open(row.totp, totpPurpose(row.id))
    // A key that is lost opens no door: the app's code is asked for and cannot be right.
    const secret =
      totp === undefined ? undefined : totp.ok ? Buffer.from(totp.value.reveal(), 'base64') : Buffer.alloc(0)
    return { ...row, passwordHash: row.passwordHash?.toString(), totp: secret }
  }
  return {
    byLogin: (login: string) => opened(byLogin.get(login)),
    byId: (id: string) => opened(byId.get(id)),
    /** By the name that its browser gives it. */
    passkey: (credentialId: string): KnownPasskey | undefined => {
      const row = byCredential.get(credentialId)
      return row && known(row)
    },
    passkeysOf: (staffId: string): readonly KnownPasskey[] => ofStaff.all(staffId).map(known),
    /** Whether the box has people at all: without any it waits for its first owner. */
    anyone: () => anyone.get()!.yes === 1,
  }
}

export type Credentials = ReturnType<typeof createCredentials>
