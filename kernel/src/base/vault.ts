import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { NONCE_OCTETS, openerFor, TAG_OCTETS, type Opener } from './aes-gcm.ts'
import type { Random } from './random.ts'
import { err, ok, type Result } from './result.ts'
import { unsealerOf, type Unsealer } from './sealing.ts'
import { Secret } from './secret.ts'
import { SIGNING_SEED_OCTETS, signerOf, type Signer } from './signing.ts'

/**
 * Seals short texts (network passwords, router secrets) under keys that live in a file outside the database.
 * AES-256-GCM, since RADIUS methods need the password back; `purpose` binds a box to its table, column and row
 * (`services.password:svc_01…`), so that a box copied into another row does not open there.
 */
export interface Vault {
  seal(plain: Secret | string, purpose: string): Buffer
  open(box: Uint8Array, purpose: string): Result<Secret, VaultFault>
  /** Whether a box is under the newest key; after `rotate()` a job re-seals those that are not. */
  isCurrent(box: Uint8Array): boolean
  reseal(box: Uint8Array, purpose: string): Result<Buffer, VaultFault>
  /** Hex HMAC-SHA-256 that stays the same over rotations: to find or compare what must not be stored. */
  keyedHash(text: string, purpose: string): string
  /** Signs as this box, with a key that stays the same over rotations. Undefined in a file that no box has opened since there are such keys. */
  signer(): Signer | undefined
  /** Opens what others have sealed for this box; its key goes with the one that signs. */
  unsealer(): Unsealer | undefined
  /** Adds a key, on disk before it is used, and seals with it from now on. Old keys stay for opening. */
  rotate(): string
  /** Reads the file again: another thread may have rotated. */
  reload(): Result<void, KeyFileFault>
}

export type VaultFault =
  /** The key is not in the key file. `advice` says what the owner can do. */
  | { readonly type: 'KeyLost'; readonly keyId: string; readonly advice: string }
  /** Too short, of an unknown version, altered, or moved from another row. */
  | { readonly type: 'BoxInvalid' }

export type KeyFileFault =
  | { readonly type: 'KeyFileMissing'; readonly file: string }
  | { readonly type: 'KeyFileUnreadable'; readonly file: string; readonly cause: string }
  | { readonly type: 'KeyFileExposed'; readonly file: string; readonly mode: string; readonly advice: string }

// version (1), key id (4), nonce (12), tag (16), ciphertext
const VERSION = 1
const KEY_ID_AT = 1
const NONCE_AT = 5
const TAG_AT = NONCE_AT + NONCE_OCTETS
const TEXT_AT = TAG_AT + TAG_OCTETS
const GCM = { authTagLength: TAG_OCTETS }
/** Ids of keys that are gone, remembered so that each is looked for once and not at every login. */
const LOST_KEYS_MAX = 1000
const KEY_LOST_ADVICE =
  'Put the key file back from a backup. Without it these passwords cannot be read by anyone: set new ones.'

type KeyFile = {
  readonly version: 1
  readonly current: string
  readonly keys: Record<string, string>
  readonly hashKey: string
  /** The seed of the key that signs; absent in files from before there was one. */
  readonly signingKey?: string
}

const KEY_SHAPE = /^[A-Za-z0-9+/]{43}=$/
const KEY_ID_SHAPE = /^[0-9a-f]{8}$/
const isKey = (value: unknown): boolean => typeof value === 'string' && KEY_SHAPE.test(value)

/** Checked by hand: this runs in every thread, and a schema library costs each of them more memory than all the keys. */
const isKeyFile = (value: unknown): value is KeyFile => {
  const { version, current, keys, hashKey, signingKey } = (value ?? {}) as Partial<Record<keyof KeyFile, unknown>>
  if (version !== 1 || typeof current !== 'string' || !isKey(hashKey)) return false
  if (signingKey !== undefined && !isKey(signingKey)) return false
  if (typeof keys !== 'object' || keys === null) return false
  return Object.entries(keys).every(([id, key]) => KEY_ID_SHAPE.test(id) && isKey(key))
}

type KeyRing = {
  readonly current: string
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly hashKey: KeyObject
  readonly signingKey?: KeyObject | undefined
}

/**
 * Opens the key file. With `create` it is made on first start, mode 0600, with a random key: there is no default key.
 * Key ids are random too, so that a box from before a lost file is told apart from one that was tampered with.
 */
export const openVault = (options: { file: string; create: boolean; random: Random }): Result<Vault, KeyFileFault> => {
  const { file, random } = options
  const first = readKeyFile(file)
  const isWhole = first.ok && first.value.signingKey !== undefined
  if (first.ok && (isWhole || !options.create)) return ok(vaultOver(first.value, file, random))
  if (!first.ok && (first.error.type !== 'KeyFileMissing' || !options.create)) return first
  try {
    const ring = withSigningKey(first.ok ? first.value : newRing(random), random)
    return ok(vaultOver(writeKeyFile(file, ring), file, random))
  } catch (error) {
    return err({ type: 'KeyFileUnreadable', file, cause: (error as Error).message })
  }
}

const withSigningKey = (ring: KeyRing, random: Random): KeyRing => ({
  ...ring,
  signingKey: createSecretKey(random.bytes(SIGNING_SEED_OCTETS)),
})

/** A vault whose keys live as long as the process: for tests and dry runs. */
export const memoryVault = (random: Random): Vault => vaultOver(newRing(random), undefined, random)

/** Made at the first use of a key, and kept as long as that. */
const onceFor = <T extends object>(make: (key: KeyObject) => T): ((key: KeyObject) => T) => {
  const made = new WeakMap<KeyObject, T>()
  return (key) => {
    const known = made.get(key)
    if (known) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

/** Made at most once for each key, which lives as long as the vault that has read it. */
const signerFrom = onceFor((seed) => signerOf(seed.export()))
const unsealerFrom = onceFor((seed) => unsealerOf(seed.export()))

const vaultOver = (opened: KeyRing, file: string | undefined, random: Random): Vault => {
  let ring = opened
  const lost = new Set<string>()
  const openerOf = onceFor((key): Opener => openerFor(key))
  /** Only a vault without a file may still lack the key here. */
  const signingKey = (): KeyObject | undefined => {
    if (file === undefined && ring.signingKey === undefined) ring = withSigningKey(ring, random)
    return ring.signingKey
  }

  const seal: Vault['seal'] = (plain, purpose) => {
    const text = typeof plain === 'string' ? plain : plain.reveal()
    const box = Buffer.allocUnsafe(TEXT_AT + Buffer.byteLength(text))
    box[0] = VERSION
    box.writeUInt32BE(Number.parseInt(ring.current, 16), KEY_ID_AT)
    random.bytes(NONCE_OCTETS).copy(box, NONCE_AT)
    const cipher = createCipheriv('aes-256-gcm', ring.keys.get(ring.current)!, box.subarray(NONCE_AT, TAG_AT), GCM)
    cipher.setAAD(Buffer.from(purpose))
    cipher.update(text, 'utf8').copy(box, TEXT_AT)
    cipher.final()
    cipher.getAuthTag().copy(box, TAG_AT)
    return box
  }

  /** Another thread may have rotated since this one read the file; a key that is not there then is not looked for again. */
  const keyAfterRotation = (keyId: string): KeyObject | undefined => {
    if (file === undefined || lost.has(keyId)) return undefined
    const read = readKeyFile(file)
    if (read.ok) ring = read.value
    const key = ring.keys.get(keyId)
    if (key === undefined && lost.size < LOST_KEYS_MAX) lost.add(keyId)
    return key
  }

  const open: Vault['open'] = (sealed, purpose) => {
    const box = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    if (box.length < TEXT_AT || box[0] !== VERSION) return err({ type: 'BoxInvalid' })
    const keyId = keyIdOf(box)
    const key = ring.keys.get(keyId) ?? keyAfterRotation(keyId)
    if (key === undefined) return err({ type: 'KeyLost', keyId, advice: KEY_LOST_ADVICE })
    const text = openerOf(key)(box.subarray(NONCE_AT), purpose)
    return text === undefined ? err({ type: 'BoxInvalid' }) : ok(new Secret(text))
  }

  return {
    seal,
    open,
    signer() {
      const key = signingKey()
      return key && signerFrom(key)
    },
    unsealer() {
      const key = signingKey()
      return key && unsealerFrom(key)
    },
    isCurrent: (box) => box.length >= TEXT_AT && keyIdOf(Buffer.from(box)) === ring.current,
    reseal(box, purpose) {
      const opened = open(box, purpose)
      return opened.ok ? ok(seal(opened.value, purpose)) : opened
    },
    keyedHash: (text, purpose) => createHmac('sha256', ring.hashKey).update(`${purpose}\0${text}`).digest('hex'),
    rotate() {
      const wider = withNewKey(ring, random)
      ring = file === undefined ? wider : writeKeyFile(file, wider)
      return ring.current
    },
    reload() {
      if (file === undefined) return ok()
      const read = readKeyFile(file)
      if (!read.ok) return read
      ring = read.value
      lost.clear()
      return ok()
    },
  }
}

const keyIdOf = (box: Buffer): string => box.toString('hex', KEY_ID_AT, NONCE_AT)

const newRing = (random: Random): KeyRing =>
  withNewKey({ current: '', keys: new Map(), hashKey: createSecretKey(random.bytes(32)) }, random)

const withNewKey = (old: KeyRing, random: Random): KeyRing => {
  const current = random.bytes(4).toString('hex')
  if (old.keys.has(current)) return withNewKey(old, random)
  return { ...old, current, keys: new Map([...old.keys, [current, createSecretKey(random.bytes(32))]]) }
}

const readKeyFile = (file: string): Result<KeyRing, KeyFileFault> => {
  try {
    const mode = statSync(file).mode & 0o777
    if ((mode & 0o077) !== 0) {
      const advice = `Others could read the keys. Run: chmod 600 ${file}`
      return err({ type: 'KeyFileExposed', file, mode: mode.toString(8), advice })
    }
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isKeyFile(content)) return err({ type: 'KeyFileUnreadable', file, cause: 'its content is damaged' })
    const { current, keys, hashKey, signingKey } = content
    const ring = Object.entries(keys).map(([id, key]) => [id, createSecretKey(key, 'base64')] as const)
    if (!Object.hasOwn(keys, current))
      return err({ type: 'KeyFileUnreadable', file, cause: 'its current key is missing' })
    return ok({
      current,
      keys: new Map(ring),
      hashKey: createSecretKey(hashKey, 'base64'),
      signingKey: signingKey === undefined ? undefined : createSecretKey(signingKey, 'base64'),
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return err({ type: 'KeyFileMissing', file })
    // JSON quotes what it could not read; that may be a key.
    const { code = 'its content is damaged' } = error as NodeJS.ErrnoException
    return err({ type: 'KeyFileUnreadable', file, cause: code })
  }
}

/** Written beside, synced, renamed, and the folder synced: a power cut leaves the old keys or the new ones. */
const writeKeyFile = (file: string, ring: KeyRing): KeyRing => {
  const text = (key: KeyObject) => key.export().toString('base64')
  const keys = Object.fromEntries([...ring.keys].map(([id, key]) => [id, text(key)]))
  const content: KeyFile = {
    version: 1,
    current: ring.current,
    keys,
    hashKey: text(ring.hashKey),
    ...(ring.signingKey && { signingKey: text(ring.signingKey) }),
  }
  const beside = `${file}.new`
  const handle = openSync(beside, 'w', 0o600)
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(beside, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
  return ring
}
