/** Where names are kept: a server that takes dynamic updates, or whatever a webhook of the owner's speaks to. */
import { createSocket } from 'node:dgram'
import { lookup, Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { err, ok, type Random, type Result } from '@lango/kernel'
import { signedUpdate, updateOutcome, type DnsUpdate, type TsigKey } from './dns-message.ts'
import { askHttps, causeOf } from './https.ts'
import type { DnsFault, DnsProvider } from './port.ts'

const TRIES = 3
const TRY_MS = 4000

export type Rfc2136Options = {
  /** The primary's address, and port. */
  readonly server: string
  readonly port: number
  readonly zone: string
  readonly key: TsigKey
  readonly random: Random
  readonly now: () => number
}

const refused = (name: string, cause: string): Result<never, DnsFault> => err({ type: 'DnsRefused', name, cause })

export const createRfc2136 = (options: Rfc2136Options): DnsProvider => {
  const change = async (isRemoval: boolean, name: string, value: string): Promise<Result<void, DnsFault>> => {
    const outcome = await send({ zone: options.zone, name, value, isRemoval }, options)
    if (outcome === '') return ok(undefined)
    return refused(name, outcome === undefined ? `${options.server} does not answer` : `${options.server}: ${outcome}`)
  }
  return { put: (name, value) => change(false, name, value), remove: (name, value) => change(true, name, value) }
}

/** Sent again where nothing comes: to put what is there, or to take away what is not, changes nothing. */
const send = async (update: DnsUpdate, { server, port, key, random, now }: Rfc2136Options) => {
  const id = random.bytes(2).readUInt16BE()
  const { message, mac } = signedUpdate(id, update, key, Math.floor(now() / 1000))
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4')
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  socket.on('message', (answer) => {
    const outcome = updateOutcome(answer, id, key, mac)
    if (outcome !== undefined) resolve(outcome)
  })
  socket.on('error', (error) => resolve(causeOf(error)))
  let tries = 0
  const again = () => (++tries > TRIES ? resolve(undefined) : socket.send(message, port, server))
  again()
  const timer = setInterval(again, TRY_MS)
  try {
    return await promise
  } finally {
    clearInterval(timer)
    socket.close()
  }
}

export type DnsWebhookOptions = {
  readonly url: string
  /** Bearer; '' for none. */
  readonly token: string
  /** Of the receiver's https, PEM; '' where everybody knows it. */
  readonly caPem: string
}

/** POST puts, DELETE takes away; both with `{"name": …, "value": …}`. */
export const createDnsWebhook = ({ url, token, caPem }: DnsWebhookOptions): DnsProvider => {
  const ask = async (method: string, name: string, value: string): Promise<Result<void, DnsFault>> => {
    const body = JSON.stringify({ name, value })
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...(token && { authorization: `Bearer ${token}` }),
    }
    try {
      const { status } = await askHttps(url, { method, headers, body, caPem })
      return status >= 200 && status < 300 ? ok(undefined) : refused(name, `the webhook answers ${status}`)
    } catch (error) {
      return refused(name, causeOf(error))
    }
  }
  return { put: (name, value) => ask('POST', name, value), remove: (name, value) => ask('DELETE', name, value) }
}

const SEEN_LOOKS_MAX = 30
const SEEN_LOOK_MS = 4000

/** `192.0.2.53:53`, or an address alone. */
const resolverAt = (...servers: readonly string[]): Resolver => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return resolver
}

/** Whom the world asks for a zone, as its primary tells it: that may itself be hidden. */
export const publicServersOf = async (primary: string, zone: string): Promise<readonly string[]> => {
  const names = await resolverAt(primary)
    .resolveNs(zone)
    .catch(() => [])
  const found = await Promise.all(names.map((name) => lookup(name, { all: true }).catch(() => [])))
  return found.flat().map(({ address }) => address)
}

/**
 * Looks until a value stands at a name, at every server that has to have it: the authority asks any of them. After two
 * minutes it is the authority that says what it sees.
 */
export const createSeen = (
  /** None for the machine's own resolvers. */
  serversNow: () => Promise<readonly string[]>,
  wait: (ms: number) => Promise<unknown>,
): ((name: string, value: string) => Promise<void>) => {
  const hasIt = async (resolver: Resolver, name: string, value: string): Promise<boolean> => {
    const found = await resolver.resolveTxt(name).catch(() => [])
    return found.some((pieces) => pieces.join('') === value)
  }
  return async (name, value) => {
    const servers = await serversNow()
    let waiting = servers.length === 0 ? [resolverAt()] : servers.map((server) => resolverAt(server))
    for (let looks = 0; looks < SEEN_LOOKS_MAX; looks++) {
      const have = await Promise.all(waiting.map((resolver) => hasIt(resolver, name, value)))
      waiting = waiting.filter((_, at) => !have[at])
      if (waiting.length === 0) return
      await wait(SEEN_LOOK_MS)
    }
  }
}
