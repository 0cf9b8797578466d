/**
 * The two ceremonies of WebAuthn: what a browser is asked for, and whether what it answers is good. Signatures, CBOR and
 * COSE are the library's, which is loaded with the first answer: most boxes never see one.
 */
import { z } from 'zod'
import type { KnownPasskey } from '@lango/modules/people'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { webLimits } from './limits.ts'
import type { PasskeyPlace } from './passkey-place.ts'

/** Ed25519, ES256, RS256 (COSE, RFC 9053 section 2, RFC 8812): what authenticators have. */
const ALGORITHMS = [-8, -7, -257]

/** What was asked: of whom, and with which challenge. */
export type Asked = { readonly place: PasskeyPlace; readonly challenge: string }

const described = (known: readonly KnownPasskey[]) =>
  known.map(({ credentialId, transports }) => ({
    id: credentialId,
    type: 'public-key' as const,
    transports: [...transports],
  }))

/** To sign a challenge with a passkey of those that are known, or with any where none is named. */
export const requestOptions = (
  { place, challenge }: Asked,
  known: readonly KnownPasskey[],
): PublicKeyCredentialRequestOptionsJSON => ({
  challenge,
  rpId: place.rpId,
  timeout: webLimits.challengeMs,
  // Finger, face or PIN besides the device: two factors, as password and code are.
  userVerification: 'required',
  allowCredentials: described(known),
})

export type Holder = { readonly id: string; readonly login: string; readonly name: string }

/** To make a passkey, on a device that has none of these. */
export const creationOptions = (
  { place, challenge }: Asked,
  { id, login, name }: Holder,
  siteName: string,
  known: readonly KnownPasskey[],
): PublicKeyCredentialCreationOptionsJSON => ({
  rp: { id: place.rpId, name: `Lango ${siteName}` },
  user: { id: Buffer.from(id).toString('base64url'), name: login, displayName: name },
  challenge,
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
  timeout: webLimits.challengeMs,
  excludeCredentials: described(known),
  // Who signs in types no name: the device has to find the passkey by itself.
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  // Which make of device it is is nobody's business.
  attestation: 'none',
})

const octets = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .regex(/^[\w-]+$/)
const named = { id: octets(2048), rawId: octets(2048), type: z.literal('public-key') }

const madeShape = z.object({
  ...named,
  response: z.object({
    clientDataJSON: octets(8192),
    attestationObject: octets(65_536),
    transports: z.array(z.string().max(32)).max(8).default([]),
  }),
})

const signedShape = z.object({
  ...named,
  response: z.object({
    clientDataJSON: octets(8192),
    authenticatorData: octets(8192),
    signature: octets(8192),
    userHandle: octets(128).nullish(),
  }),
})
export type Signed = z.output<typeof signedShape>

const read = <T>(shape: z.ZodType<T>, text: string): T | undefined => {
  try {
    return shape.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** What a browser signed, as far as it can be read; nothing of it is believed yet. */
export const readSigned = (text: string): Signed | undefined => read(signedShape, text)

/** A passkey that was just made, ready to be kept; undefined where the answer is not good. */
export const checkMade = async (text: string, { place, challenge }: Asked) => {
  const made = read(madeShape, text)
  if (!made) return undefined
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { ...made, clientExtensionResults: {} } satisfies RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    if (!registrationInfo) return undefined
    const { credential, credentialBackedUp: backedUp } = registrationInfo
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      rpId: place.rpId,
      counter: credential.counter,
      transports: made.response.transports,
      backedUp,
    }
  } catch {
    // The library throws for whatever is not as it should be.
    return undefined
  }
}

/** What a passkey's signature proves, with its counter as it stands there; undefined where it is not good. */
export const checkSigned = async ({ response, ...rest }: Signed, { place, challenge }: Asked, known: KnownPasskey) => {
  const { userHandle, ...signed } = response
  const holder = userHandle == null ? known.staffId : Buffer.from(userHandle, 'base64url').toString()
  if (rest.id !== known.credentialId || holder !== known.staffId) return undefined
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...rest, response: signed, clientExtensionResults: {} } satisfies AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
      requireUserVerification: true,
      // The counter is compared where it is kept, in one transaction with its change.
      credential: { id: known.credentialId, publicKey: Buffer.from(known.publicKey, 'base64url'), counter: 0 },
    })
    if (!verified) return undefined
    const { newCounter: counter, credentialBackedUp: backedUp } = authenticationInfo
    return { id: known.id, counter, backedUp }
  } catch {
    return undefined
  }
}
