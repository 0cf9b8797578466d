/** Clients of a simulated router, which the test starts, on a clock that moves by hand. */
import { X509Certificate } from 'node:crypto'
import { secret } from '@lango/kernel'
import { fakeClock, seededRandom } from '@lango/kernel/testing'
import { TestAuthority } from '../../radius/eap/testing/certificates.ts'
import { createRouterosClient, type RouterosClient, type RouterosClientOptions } from '../index.ts'

export const authority = await TestAuthority.create('an authority')
const names = [{ type: 'ip', value: '127.0.0.1' }] as const
const pair = await authority.issue({ name: '127.0.0.1', names: [...names], purpose: 'server' })
export const pin = { pinSha256: new X509Certificate(pair.cert).fingerprint256 }

export const full = { name: 'lango', password: 'p=w ä', group: 'full' } as const
export const onlyReads = { name: 'reader', password: 'r', group: 'read' } as const

export type RouterosService = 'api' | 'api-ssl' | 'www' | 'www-ssl'

/** The ways to a router, by the service that is asked. */
export const ways: Readonly<Record<'API' | 'API by TLS' | 'REST' | 'REST by TLS', RouterosService>> = {
  API: 'api',
  'API by TLS': 'api-ssl',
  REST: 'www',
  'REST by TLS': 'www-ssl',
}

/** What a simulator is started with. */
const given = () => {
  const clock = fakeClock()
  return {
    users: [full, onlyReads],
    version: '7.18.2 (stable)',
    tls: pair,
    clock,
    timers: clock,
    random: seededRandom(1),
  }
}

type Simulator = { readonly ports: Readonly<Record<RouterosService, number>>; readonly close: () => Promise<void> }

export const startBench = async <S extends Simulator>(start: (options: ReturnType<typeof given>) => Promise<S>) => {
  const options = given()
  const { clock, random } = options
  const simulator = await start(options)
  const clients: RouterosClient[] = []
  return {
    simulator,
    clock,
    client: (service: RouterosService, more: Partial<RouterosClientOptions> = {}): RouterosClient => {
      const client = createRouterosClient({
        way: service.startsWith('api') ? 'api' : 'rest',
        host: '127.0.0.1',
        port: simulator.ports[service],
        tls: service.endsWith('ssl') ? pin : undefined,
        login: { user: full.name, password: secret(full.password) },
        clock,
        timers: clock,
        random,
        ...more,
      })
      clients.push(client)
      return client
    },
    close: async (): Promise<void> => {
      for (const client of clients) client.close()
      await simulator.close()
    },
  }
}

/** Lets sockets work until it is so. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((turn) => setImmediate(turn))
}
