import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow, systemRandom } from '@lango/kernel'
import { openRaw } from '@lango/kernel/db'
import { collectingLog } from '@lango/kernel/testing'
import { HEALTH_GRANT_NO, HEALTH_LOGIN, healthSecret } from '@lango/modules/access'
import { AttributeWriter, attribute, codes, encodeReply, parsePacket, prepareSecret } from '@lango/drivers/radius'
import type { Packet } from '@lango/drivers/radius'
import { Peer } from '../../../drivers/radius/testing/loopback.ts'
import { testBox, type TestBox } from '../cli/testing/box.ts'
import { openSite } from '../site.ts'
import { keepHealth } from './keep-login.ts'
import { probeHealth, unhealthy, type Health } from './probe.ts'

let box: TestBox
let secret: string
const ending: (() => unknown)[] = []
beforeEach(() => {
  box = testBox()
  const site = orThrow(openSite(box.folder, collectingLog()))
  keepHealth(site, collectingLog())
  secret = healthSecret(site.vault)
  site.close()
  ending.push(() => box.remove())
})
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

type Served = {
  readonly auth?: number
  /** What a server does with a session before it acknowledges it. */
  readonly store?: (status: number, sessionId: string) => void
  readonly web?: number
  /** Packets that come: a login and two records. */
  readonly packets?: number
}

/** A server that answers in place of the box: the login with `auth`, and every record. */
const serve = async ({
  auth = codes.accessAccept,
  store = () => {},
  web = 200,
  packets = 3,
}: Served): Promise<Health> => {
  const peer = await Peer.at()
  const pages = createServer((request, response) => response.writeHead(web).end(request.url)).listen(0, '127.0.0.1')
  await once(pages, 'listening')
  ending.push(
    () => peer.close(),
    () => pages.close(),
  )
  const key = prepareSecret(Buffer.from(secret))
  const answering = (async () => {
    for (let asked = 0; asked < packets; asked++) {
      const { bytes, port } = await peer.next()
      const request = parsePacket(bytes) as Packet
      expect(attribute(request, 1)!.toString()).toBe(HEALTH_LOGIN)
      if (request.code === codes.accountingRequest)
        store(attribute(request, 40)!.readUInt32BE(0), attribute(request, 44)!.toString())
      const code = request.code === codes.accessRequest ? auth : codes.accountingResponse
      const messageAuthenticator = request.code === codes.accessRequest
      const reply = encodeReply({ code, request, secret: key, attributes: new AttributeWriter(), messageAuthenticator })
      peer.socket.send(reply, port, '127.76.71.79')
    }
  })()
  const health = await probeHealth(
    {
      pid: 1,
      listen: '127.0.0.1',
      webListen: '127.0.0.1',
      ports: { auth: peer.port, acct: peer.port, radsec: 0, web: (pages.address() as AddressInfo).port },
      startedAt: 0,
      now: 0,
      clockSure: true,
    },
    { folder: box.folder, random: systemRandom(), monotonicMs: () => performance.now() },
  )
  await answering
  return orThrow(health)
}

const failed = ({ checks }: Health) => checks.filter(({ ok }) => !ok).map(({ name, cause }) => [name, cause])

/** As the writer does: a Start makes a live session, a Stop moves it to the history. */
const onDisk = (status: number, sessionId: string): void => {
  const sessions = orThrow(openRaw({ file: box.folder.sessionsFile }))
  const table = status === 1 ? 'live_sessions' : 'session_history'
  const columns = sessions
    .prepare<[string], { name: string; type: string }>('SELECT name, type FROM pragma_table_info(?)')
    .all(table)
    .filter(({ name }) => name !== 'no')
  const value = ({ name, type }: { name: string; type: string }) =>
    name === 'acct_session_id' ? sessionId : name === 'grant_no' ? HEALTH_GRANT_NO : /TEXT/i.test(type) ? '' : 0
  sessions
    .prepare(
      `INSERT INTO ${table} (${columns.map(({ name }) => name).join()}) VALUES (${columns.map(() => '?').join()})`,
    )
    .run(columns.map(value))
  sessions.close()
}

test('a box that lets a login in, keeps its session and shows pages is healthy', async () => {
  const health = await serve({ store: onDisk })
  expect(failed(health)).toEqual([])
  expect(health).toMatchObject({ healthy: true })
  expect(health.checks.map(({ name }) => name)).toEqual(['box', 'login', 'accounting', 'stored', 'web'])
})

test('a login that is refused is not', async () => {
  expect(failed(await serve({ auth: codes.accessReject, store: onDisk }))).toEqual([['login', 'Access-Reject']])
})

test('a session that is acknowledged and on no disk is not', async () => {
  const [[name, cause] = []] = failed(await serve({}))
  expect([name, cause]).toEqual(['stored', 'the Start was acknowledged and is not on the disk'])
  const startOnly = await serve({ store: (status, id) => status === 1 && onDisk(status, id) })
  expect(failed(startOnly)).toEqual([['stored', 'the Stop was acknowledged and is not on the disk']])
})

test('pages that say that nobody would be let in are not', async () => {
  expect(failed(await serve({ store: onDisk, web: 503 }))).toEqual([['web', '503']])
})

test('a box that is down is not', () => {
  expect(unhealthy('it does not run')).toMatchObject({ healthy: false, checks: [{ name: 'box', ok: false }] })
})

test('the login is made once, and anew where its password cannot be read', async () => {
  const rows = () => {
    const site = orThrow(openSite(box.folder, collectingLog()))
    const log = collectingLog()
    keepHealth(site, log)
    const row = site.database.raw.prepare('SELECT id, no, hex(credential) credential FROM grants').all()
    site.database.raw.prepare('UPDATE grants SET credential = ?').run(Buffer.alloc(40))
    site.close()
    return row as { id: string; no: number; credential: string }[]
  }
  const [first, second] = [rows(), rows()]
  expect(first).toHaveLength(1)
  expect(second).toMatchObject([{ id: first[0]!.id, no: HEALTH_GRANT_NO }])
  expect(second[0]!.credential).not.toBe(first[0]!.credential)
  expect(failed(await serve({ store: onDisk, packets: 2 }))).toEqual([['login', 'no login to try']])
})
