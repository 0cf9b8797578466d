import Database from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong, newBox } from './box.ts'

// Work of many rows goes in parts. Killed between or in any of them it is gone on with, and nothing is done twice.
const wanted = 100_000
const kills = isLong ? 25 : 5
const handed = 10_000

type Made = { readonly firstSerial: number; readonly codes: readonly string[]; readonly left: number }
type Answer<T> = { readonly value?: T; readonly error?: { readonly type: string } }
type Batch = { readonly n: number; readonly least: number; readonly most: number }

describe('bulk work', () => {
  const box = newBox()
  let token = ''
  let lastKey = 0
  const nextKey = (): string => `bulk-${++lastKey}`

  const ask = async <T>(command: string, input: object, key: string): Promise<Answer<T>> => {
    const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/commands/${command}`, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': key },
    })
    return (await answer.json()) as Answer<T>
  }
  const make = (key: string) => ask<Made>('vouchers.make', { batch: 1 }, key)
  const read = (sql: string): unknown => {
    const db = new Database(join(box.data, 'site.db'), { readonly: true })
    try {
      return db.prepare(sql).get()
    } finally {
      db.close()
    }
  }
  const batch = () =>
    read('SELECT count(DISTINCT serial) n, min(serial) least, max(serial) most FROM vouchers') as Batch

  beforeAll(async () => {
    await box.start()
    ;({ token } = await box.json<{ token: string }>('token', 'create', '--role', 'owner'))
    await box.json('plan', 'add', 'Day', '--kind', 'hotspot', '--down-kbps', '1000', '--up-kbps', '1000')
  })
  afterAll(() => box.remove())

  test(
    `${wanted} vouchers, the box killed ${kills} times: no number is missing and none is there twice`,
    { timeout: 600_000 },
    async () => {
      await ask('vouchers.openBatch', { plan: 'Day', count: wanted }, nextKey())
      const told = new Map<number, string>()
      /** How many are still to be made. */
      const keep = ({ value }: Answer<Made>): number => {
        value?.codes.forEach((code, at) => told.set(value.firstSerial + at, code))
        return value?.left ?? wanted
      }
      for (let round = 1; round <= kills; round++) {
        for (let answers = 0; answers < 17 * round; answers++) keep(await make(nextKey()))
        const key = nextKey()
        // On its way when the box dies: it may be done or not, and only the box can say.
        const dying = make(key).catch(() => ({}))
        await box.kill()
        keep(await dying)
        await box.start()
        const there = batch()
        expect([there.least, there.n]).toEqual([1, there.most])
        expect(there.n).toBeGreaterThanOrEqual(told.size)
        expect(read('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
        const again = await make(key)
        expect(again.error?.type ?? 'done').toBe(there.n > told.size ? 'ToldOnce' : 'done')
        keep(again)
      }
      const began = performance.now()
      const before = batch().n
      for (let left = wanted; left > 0;) left = keep(await make(nextKey()))
      const sec = (performance.now() - began) / 1000
      console.log(`${wanted - before} vouchers over the interface in ${sec.toFixed(1)} s`)
      expect(batch()).toEqual({ n: wanted, least: 1, most: wanted })
      expect(read('SELECT count(*) n FROM grants g JOIN vouchers v ON v.id = g.service_id')).toEqual({ n: wanted })
      expect(new Set(told.values()).size).toBe(told.size)
      // What was told before the first kill is good.
      expect(await box.json('voucher', 'show', told.get(1)!)).toMatchObject({ batch: 1, serial: 1, state: 'made' })
    },
  )

  test(`killed while ${handed} are handed, the same request again does the rest`, { timeout: 120_000 }, async () => {
    const order = { batch: 1, from: 1, to: handed, state: 'sold', holder: 'Mama Njeri' }
    const key = nextKey()
    const dying = ask('vouchers.hand', order, key).catch(() => ({}))
    const sold = () => (read("SELECT count(*) n FROM vouchers WHERE state = 'sold'") as { n: number }).n
    await expect.poll(sold, { interval: 1, timeout: 60_000 }).toBeGreaterThan(0)
    await box.kill()
    await dying
    const before = sold()
    await box.start()
    expect(await ask('vouchers.hand', order, key)).toEqual({
      value: { batch: 1, moved: handed, asked: handed, through: handed },
    })
    console.log(`killed when ${before} of ${handed} were sold`)
    expect(read('SELECT count(*) n, count(DISTINCT voucher_id) of FROM voucher_sales')).toEqual({
      n: handed,
      of: handed,
    })
    expect(sold()).toBe(handed)
    expect(read('SELECT sum(to_serial - from_serial + 1) n, max(to_serial) last FROM voucher_moves')).toEqual({
      n: handed,
      last: handed,
    })
    expect((await box.cli('audit', 'verify')).code).toBe(0)
  })
})
