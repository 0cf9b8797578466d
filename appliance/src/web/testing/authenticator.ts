import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'

type Kept = { readonly id: Buffer; readonly key: KeyObject; readonly userHandle: string; counter: number }

/** What a browser and an authenticator that are not as they should be say instead. */
export type Twist = {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  userHandle?: string
  userVerified?: boolean
  userPresent?: boolean
  /** Another passkey's name on this one's signature. */
  credentialId?: string
  counter?: number
  /** Of an octet of the signature. */
  spoilt?: boolean
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()
/** Flags of WebAuthn section 6.1: user present, user verified, backup eligible, backed up, attested data. */
const [UP, UV, BE, BS, AT] = [0x01, 0x04, 0x08, 0x10, 0x40]
/** COSE_Key of EC2, ES256, P-256 (RFC 9053 sections 2.1 and 7.1). */
const coseKey = (key: KeyObject): Uint8Array => {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const entries: [number, number | Uint8Array][] = [
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
    [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
  ]
  return isoCBOR.encode(new Map(entries))
}

/** A browser at `origin` with an authenticator that holds ES256 keys: what it signs is as real as a phone's. */
export const createAuthenticator = (origin: string, { counts = true, backedUp = false } = {}) => {
  const kept: Kept[] = []

  const clientData = (type: string, challenge: string, twist: Twist): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: false,
      }),
    )

  const authenticatorData = (rpId: string, counter: number, twist: Twist, attested?: Buffer): Buffer => {
    const head = Buffer.alloc(5)
    head[0] =
      (twist.userPresent === false ? 0 : UP) |
      (twist.userVerified === false ? 0 : UV) |
      (backedUp ? BE | BS : 0) |
      (attested ? AT : 0)
    head.writeUInt32BE(twist.counter ?? counter, 1)
    return Buffer.concat([sha256(twist.rpId ?? rpId), head, ...(attested ? [attested] : [])])
  }

  return {
    /** As `navigator.credentials.create` answers, in JSON. */
    make({ rp, user, challenge }: PublicKeyCredentialCreationOptionsJSON, twist: Twist = {}): string {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const id = randomBytes(32)
      kept.push({ id, key: privateKey, userHandle: user.id, counter: 0 })
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const attested = Buffer.concat([Buffer.alloc(16), length, id, coseKey(publicKey)])
      const authData = Uint8Array.from(authenticatorData(rp.id ?? '', 0, twist, attested))
      const statement = new Map<string, string | Uint8Array | Map<string, never>>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, never>()],
        ['authData', authData],
      ])
      return JSON.stringify({
        id: id.toString('base64url'),
        rawId: id.toString('base64url'),
        type: 'public-key',
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, twist).toString('base64url'),
          attestationObject: Buffer.from(isoCBOR.encode(statement)).toString('base64url'),
          transports: ['internal'],
        },
      })
    },

    /** As `navigator.credentials.get` answers, in JSON, with the passkey made last or the one that is asked for. */
    sign(asked: PublicKeyCredentialRequestOptionsJSON, twist: Twist = {}): string {
      const allowed = new Set(asked.allowCredentials?.map(({ id }) => id))
      const passkey = kept.findLast(({ id }) => allowed.size === 0 || allowed.has(id.toString('base64url')))
      if (!passkey) throw new Error('the authenticator has no passkey for this')
      if (counts) passkey.counter += 1
      const clientDataJSON = clientData('webauthn.get', asked.challenge, twist)
      const data = authenticatorData(asked.rpId ?? '', passkey.counter, twist)
      const signature = sign('sha256', Buffer.concat([data, sha256(clientDataJSON)]), passkey.key)
      if (twist.spoilt === true) signature[signature.length - 1]! ^= 1
      const id = twist.credentialId ?? passkey.id.toString('base64url')
      return JSON.stringify({
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: clientDataJSON.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle: twist.userHandle ?? passkey.userHandle,
        },
      })
    },
  }
}
