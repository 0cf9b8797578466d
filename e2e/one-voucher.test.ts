import Database from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from './box.ts'
import { Lab } from './wire/lab.ts'
import type { Nas } from './wire/nas.ts'
import { attr, codes, types } from './wire/packet.ts'
import { pap } from './wire/proof.ts'

/**
 * X11: one voucher for one device, typed on a hundred at the same moment, while the desk and programs extend it, sell
 * it, change its speed and revoke it.
 */
const rounds = isLong ? 60 : 8
const kills = isLong ? 12 : 2
const devices = 100
const routers = ['127.0.0.1', '127.0.0.2']

/** mulberry32: which devices ask where, and when the desk comes between, can be repeated by the seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const deviceNo = (no: number): string => `06-00-00-00-00-${no.toString(16).padStart(2, '0')}`
const answered = (asked: PromiseSettledResult<number | undefined>[], code: number): number[] =>
  asked.flatMap((one, no) => (one.status === 'fulfilled' && one.value === code ? [no] : []))

type Audited = { no: number; command: string; outcome: string; record: string }

describe('one voucher, a hundred devices at once', () => {
  const lab = new Lab()
  let sockets: Nas[] = []
  let token = ''
  let sessions = 0

  beforeAll(async () => {
    await lab.start()
    await lab.desk.router('second', routers[1]!)
    sockets = (await Promise.all(routers.map((address) => lab.crowd(address)))).flat()
    const policy = { downKbps: 5000, upKbps: 1000, deviceLimit: 1 }
    await lab.desk.command('plans.add', { name: 'Day', kind: 'hotspot', policy, validitySec: 86_400 })
    token = (await lab.box.json<{ token: string }>('token', 'create', '--role', 'owner')).token
  })
  afterAll(() => lab.end())

  /** What a program is answered; whether the box dies meanwhile is the test's affair. */
  const http = async (name: string, input: object): Promise<boolean> => {
    const asked = await fetch(`http://127.0.0.1:${lab.box.ports.web}/api/commands/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(input),
    })
    return asked.ok
  }
  const newVoucher = async () => {
    const { batch } = await lab.desk.command<{ batch: number }>('vouchers.openBatch', {
      plan: 'Day',
      count: 1,
      useWithinSec: 86_400,
    })
    const { codes: made } = await lab.desk.command<{ codes: string[] }>('vouchers.make', { batch })
    return { batch, code: made[0]!, id: await lab.desk.query<string>('vouchers.at', { batch, serial: 1 }) }
  }
  const login = async (nas: Nas, code: string, device: string): Promise<number> =>
    (await nas.access(attr(types.userName, code), pap(code), attr(types.callingStationId, device))).code
  const report = (nas: Nas, code: string, device: string, status: 1 | 2) =>
    nas.account(
      attr(types.userName, code),
      attr(types.callingStationId, device),
      attr(types.acctSessionId, `one-${sessions}`),
      attr(types.acctStatusType, status),
      attr(types.nasIpAddress, Buffer.from(nas.address.split('.').map(Number))),
    )
  const begin = (nas: Nas, code: string, winner: number) => {
    sessions += 1
    return report(nas, code, deviceNo(winner), 1)
  }
  /** What the box has on disk about the voucher: read from its files, so that a killed one can be asked too. */
  const onDisk = (id: string) => {
    const db = new Database(join(lab.box.data, 'site.db'), { readonly: true })
    try {
      const grant = db
        .prepare<[string], { id: string; no: number; firstUsedAt: number | null; expiresAt: number; devices: string }>(
          'SELECT id, no, first_used_at firstUsedAt, expires_at expiresAt, devices FROM grants WHERE service_id = ?',
        )
        .get(id)!
      const told = db
        .prepare<[], Audited>(
          `SELECT no, command, outcome, record FROM audit
           WHERE outcome = 'done' AND command IN ('grants.firstUse', 'vouchers.revokeOne') ORDER BY no`,
        )
        .all()
        .filter(({ record }) => record.includes(grant.id) || record.includes(id))
        .map(({ command }) => command)
      return { ...grant, told, uses: told.filter((command) => command === 'grants.firstUse').length }
    } finally {
      db.close()
    }
  }
  const all = (code: string, random: (below: number) => number): Promise<PromiseSettledResult<number>[]> =>
    Promise.allSettled(
      Array.from({ length: devices }, (_, no) => login(sockets[random(sockets.length)]!, code, deviceNo(no))),
    )
  /** Who of a hundred gets in now. */
  const admitted = async (code: string): Promise<number[]> =>
    answered(await all(code, randomFrom(1)), codes.accessAccept)

  test.each(Array.from({ length: rounds }, (_, no) => no + 1))(
    'seed %i: one gets in, its day begins once, and its slot is free again after its Stop',
    async (seed) => {
      const random = randomFrom(seed)
      const { batch, code, id } = await newVoucher()
      const deeds = [
        () => http('vouchers.extend', { id, sec: 3600 }),
        () => http('vouchers.hand', { batch, from: 1, to: 1, state: 'sold', holder: `agent ${seed}` }),
        () => http('vouchers.setSpeed', { id, speed: { downKbps: 1000 + seed, upKbps: 500 } }),
        () => http('vouchers.show', { code }),
      ]
      const asking = all(code, random)
      const done = await Promise.all(Array.from({ length: 12 }, () => deeds[random(deeds.length)]!()))
      const asked = await asking
      expect(done).not.toContain(false)
      const [winner, ...others] = answered(asked, codes.accessAccept)
      expect(others).toEqual([])
      expect(winner).toBeTypeOf('number')
      expect(answered(asked, codes.accessReject)).toHaveLength(devices - 1)
      const { uses, firstUsedAt, expiresAt } = onDisk(id)
      expect(uses).toBe(1)
      // Extensions before the first login move the last day to begin; those after it, the end.
      expect((expiresAt - firstUsedAt! - 86_400_000) % 3_600_000).toBe(0)
      // The slot is held: first by the Accept, then by the session, and is free once.
      const nas = sockets[random(sockets.length)]!
      await begin(nas, code, winner!)
      expect(await admitted(code)).toEqual([winner])
      await report(nas, code, deviceNo(winner!), 2)
      expect(onDisk(id)).toMatchObject({ uses: 1, firstUsedAt })
    },
  )

  test.each(Array.from({ length: rounds }, (_, no) => 100 + no))(
    'seed %i: revoked meanwhile, it lets in one before that or nobody, and nobody after it',
    async (seed) => {
      const random = randomFrom(seed)
      const { code, id } = await newVoucher()
      const before = random(devices)
      const first = await Promise.allSettled([
        ...Array.from({ length: before }, (_, no) => login(sockets[random(sockets.length)]!, code, deviceNo(no))),
        http('vouchers.revokeOne', { id }).then(() => undefined),
      ])
      const winners = answered(first, codes.accessAccept)
      expect(winners.length).toBeLessThanOrEqual(1)
      // What was revoked is not begun afterwards, however close a login came.
      expect(onDisk(id).told).toEqual([...winners.map(() => 'grants.firstUse'), 'vouchers.revokeOne'])
      expect(await admitted(code)).toEqual([])
      const { uses, firstUsedAt } = onDisk(id)
      expect([uses, firstUsedAt !== null]).toEqual([winners.length, winners.length === 1])
    },
  )

  test.each(Array.from({ length: kills }, (_, no) => 200 + no))(
    'seed %i: killed with -9 meanwhile, whoever was let in is the only one, and the day has begun once',
    { timeout: 120_000 },
    async (seed) => {
      const random = randomFrom(seed)
      const { code, id } = await newVoucher()
      const asking = Array.from({ length: devices }, (_, no) =>
        login(sockets[random(sockets.length)]!, code, deviceNo(no)),
      )
      const settled = Promise.allSettled(asking)
      // At a moment of the first answers, whichever they are.
      let left = random(20)
      await new Promise<void>((resolve) => {
        for (const one of asking) void one.then(() => (left-- === 0 ? resolve() : undefined)).catch(() => resolve())
      })
      await lab.box.kill()
      const dead = onDisk(id)
      await lab.restart()
      const [winner, ...others] = answered(await settled, codes.accessAccept)
      expect(others).toEqual([])
      // What was answered was on disk before; what was not may have been.
      expect([dead.uses, dead.firstUsedAt === null ? 0 : 1]).toEqual(
        winner === undefined ? [dead.uses, dead.uses] : [1, 1],
      )
      // A reservation dies with the box; the session that its router begins holds the slot.
      if (winner !== undefined) await begin(sockets[0]!, code, winner)
      const after = await admitted(code)
      expect(after).toEqual([winner ?? after[0]])
      const { uses, firstUsedAt } = onDisk(id)
      expect([uses, firstUsedAt]).toEqual([1, dead.firstUsedAt ?? firstUsedAt])
    },
  )

  test('nobody but the box itself can say that a voucher was used', async () => {
    const { id } = await newVoucher()
    expect(await http('grants.firstUse', { grantId: onDisk(id).id, device: '', bind: false, deviceLimit: 1 })).toBe(
      false,
    )
    expect(onDisk(id)).toMatchObject({ uses: 0, firstUsedAt: null })
  })
})
