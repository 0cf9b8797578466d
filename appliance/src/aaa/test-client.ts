/** The built-in test client (feature A30): one real login over UDP, as a router would send it. */
import type { Random } from '@lango/kernel'
import {
  chapPassword,
  codes,
  createRadiusClient,
  decodeAll,
  encodeNamed,
  hidePassword,
  ntHash,
  ntResponse,
  prepareSecret,
  type DecodedAttribute,
  type NamedAttributes,
  type Outcome,
  type OutgoingRequest,
  type RequestSeal,
} from '@lango/drivers/radius'

export const testMethods = ['pap', 'chap', 'mschapv2'] as const
export type TestMethod = (typeof testMethods)[number]

export type TestServer = {
  readonly address: string
  readonly port: number
  readonly secret: string
  /** The address to ask from; by default the system chooses. */
  readonly from?: string
}

export type TestLogin = {
  readonly server: TestServer
  readonly login: string
  readonly password: string
  readonly method: TestMethod
  /** Said in NAS-IP-Address, and in Calling-Station-Id. */
  readonly nas?: string | undefined
  readonly device?: string | undefined
  readonly withinMs?: number
}

export type TestReply =
  | {
      readonly type: 'reply'
      readonly code: 'Access-Accept' | 'Access-Reject' | 'Access-Challenge'
      readonly attributes: readonly { readonly name: string; readonly value: string }[]
      readonly roundTripMs: number
    }
  /** `cause`: `timeout`, `bad-reply: bad-authenticator`, `unsendable: ENETUNREACH`, … */
  | { readonly type: 'none'; readonly cause: string }

/** The first may come before the box has heard of its router; a person does not wait longer than this. */
const PATIENCE = { initialMs: 400, intervalMaxMs: 1500, countMax: 5 }
const ANSWER_WITHIN_MS = 5000

const replyCodes = new Map([
  [codes.accessAccept, 'Access-Accept'],
  [codes.accessReject, 'Access-Reject'],
  [codes.accessChallenge, 'Access-Challenge'],
] as const)

/** What proves the password, by method (RFC 2865 §5.2-5.3, RFC 2548 §2.3). */
const proofOf = (
  { login, password, method }: TestLogin,
  { authenticator, secret }: RequestSeal,
  random: Random,
): NamedAttributes => {
  const octets = Buffer.from(password)
  if (method === 'pap') return { 'Attr-2': hidePassword(octets, authenticator, secret) }
  const challenge = random.bytes(16)
  if (method === 'chap') return { 'CHAP-Password': chapPassword(1, octets, challenge), 'CHAP-Challenge': challenge }
  const peerChallenge = random.bytes(16)
  const answer = ntResponse(challenge, peerChallenge, Buffer.from(login), ntHash(password))
  const response = Buffer.concat([Buffer.of(1, 0), peerChallenge, Buffer.alloc(8), answer])
  return { 'MS-CHAP-Challenge': challenge, 'MS-CHAP2-Response': response }
}

type Deps = { readonly random: Random; readonly monotonicMs: () => number }

export const sendTestLogin = async (test: TestLogin, deps: Deps): Promise<TestReply> => {
  const { server, login, nas, device, withinMs = ANSWER_WITHIN_MS } = test
  const outcome = await ask(server, deps, {
    code: codes.accessRequest,
    retransmission: { ...PATIENCE, durationMaxMs: withinMs },
    attributes: (seal) =>
      encodeNamed({
        'User-Name': login,
        ...proofOf(test, seal, deps.random),
        'NAS-Identifier': 'lango test-auth',
        ...(nas === undefined ? {} : { 'NAS-IP-Address': nas }),
        ...(device === undefined ? {} : { 'Calling-Station-Id': device }),
      }),
  })
  if (outcome.type !== 'reply') return { type: 'none', cause: causeOf(outcome) }
  const code = replyCodes.get(outcome.packet.code as typeof codes.accessAccept)!
  const attributes = decodeAll(outcome.packet).map((one) => ({ name: one.name, value: valueText(one) }))
  return { type: 'reply', code, attributes, roundTripMs: outcome.roundTripMs }
}

export type TestAccounting = {
  readonly server: TestServer
  readonly login: string
  readonly sessionId: string
  readonly status: 'Start' | 'Stop'
  readonly withinMs?: number
}

/** Tells of a session that moves nothing; why it was not acknowledged, undefined when it was. */
export const sendTestAccounting = async (test: TestAccounting, deps: Deps): Promise<string | undefined> => {
  const { server, login, sessionId, status, withinMs = ANSWER_WITHIN_MS } = test
  const attributes = encodeNamed({
    'Acct-Status-Type': status,
    'Acct-Session-Id': sessionId,
    'User-Name': login,
    'NAS-Identifier': 'lango test-auth',
    ...(status === 'Stop' ? { 'Acct-Session-Time': 0, 'Acct-Input-Octets': 0, 'Acct-Output-Octets': 0 } : {}),
  })
  const outcome = await ask(server, deps, {
    code: codes.accountingRequest,
    retransmission: { ...PATIENCE, durationMaxMs: withinMs },
    attributes,
  })
  return outcome.type === 'reply' ? undefined : causeOf(outcome)
}

const ask = async (server: TestServer, deps: Deps, request: OutgoingRequest): Promise<Outcome> => {
  const { address, port, secret, from } = server
  const client = createRadiusClient({ ...deps, ...(from === undefined ? {} : { localAddress: { ipv4: from } }) })
  try {
    return await client.request({ address, port, secret: prepareSecret(Buffer.from(secret)) }, request)
  } finally {
    client.close()
  }
}

/** Whether a server answers a Status-Server (RFC 5997) at all. */
export const askStatus = async (
  { address, port, secret }: TestLogin['server'],
  { random, monotonicMs }: { readonly random: Random; readonly monotonicMs: () => number },
): Promise<boolean> => {
  const client = createRadiusClient({ random, monotonicMs })
  try {
    const outcome = await client.request(
      { address, port, secret: prepareSecret(Buffer.from(secret)) },
      {
        code: codes.statusServer,
        retransmission: { ...PATIENCE, durationMaxMs: ANSWER_WITHIN_MS },
        attributes: () => encodeNamed({ 'NAS-Identifier': 'lango doctor' }),
      },
    )
    return outcome.type === 'reply'
  } finally {
    client.close()
  }
}

const causeOf = (outcome: { readonly type: string; readonly cause?: string; readonly code?: string }): string =>
  [outcome.type, outcome.cause ?? outcome.code].filter((part) => part !== undefined).join(': ')

const valueText = ({ value, tag }: DecodedAttribute): string => {
  const text = typeof value === 'object' ? structureText(value) : String(value)
  return tag === undefined ? text : `${tag}:${text}`
}

const structureText = (value: Buffer | readonly DecodedAttribute[]): string =>
  Buffer.isBuffer(value)
    ? `0x${value.toString('hex')}`
    : value.map((one) => `${one.name} = ${valueText(one)}`).join(', ')
