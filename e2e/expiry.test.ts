import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDisconnectingNas, type DisconnectingNas } from '../bench/disconnecting-nas.ts'
import { isLong, newBox } from './box.ts'

const secret = 'expiry-secret'
const sessions = isLong ? 10_000 : 600
const nasCount = 3
/** Time to import them and to open their sessions. */
const leadMs = isLong ? 60_000 : 15_000

describe('sessions whose validity ends together', () => {
  const box = newBox()
  const nases: DisconnectingNas[] = []
  const users = Array.from({ length: sessions }, (_, n) => {
    const digits = String(n).padStart(5, '0')
    return { login: `ending${digits}`, mac: `02:00:00:0${digits[0]}:${digits.slice(1, 3)}:${digits.slice(3)}` }
  })
  const stays = { login: 'stays', mac: '02:00:00:FF:FF:FF' }

  beforeAll(async () => {
    await box.start()
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    for (let n = 0; n < nasCount; n++) {
      const address = `127.0.2.${n + 1}`
      const nas = await startDisconnectingNas({ address, acctPort: box.ports.acct, secret })
      nases.push(nas)
      const reached = ['--address', address, '--secret', secret, '--coa-port', `${nas.coaPort}`]
      await box.json('router', 'add', `nas-${n}`, ...reached)
    }
    await box.json('subscriber', 'add', stays.login, '--password', 'p', '--plan', 'Any')
  })
  afterAll(async () => {
    await Promise.all(nases.map((nas) => nas[Symbol.asyncDispose]()))
    await box.remove()
  })

  test('all are ended, each once, none before its time; who is valid stays', { timeout: 300_000 }, async () => {
    const endsAt = Date.now() + leadMs
    const rows = users.map(({ login }) => `${login},p,Any,${new Date(endsAt).toISOString()}`)
    const file = join(box.data, 'ending.csv')
    writeFileSync(file, `login,password,plan,expiresAt\n${rows.join('\n')}\n`)
    await box.json('subscriber', 'import', file, '--yes')
    const shares = nases.map((_, n) => users.filter((_user, index) => index % nasCount === n))
    await Promise.all([...nases.map((nas, n) => nas.open(shares[n]!)), nases[0]!.open([stays])])
    await Promise.all(shares.map((share, n) => nases[n]!.offAre(share.length)))

    expect(nases.map((nas) => nas.strays())).toEqual(nases.map(() => 0))
    for (const [n, share] of shares.entries())
      expect([...nases[n]!.stoppedAt.keys()].toSorted()).toEqual(share.map(({ login }) => login))
    expect(Math.min(...nases.flatMap((nas) => [...nas.stoppedAt.values()]))).toBeGreaterThanOrEqual(endsAt)
    const open = await box.json<{ userName: string }[]>('session', 'list')
    expect(open.map(({ userName }) => userName)).toEqual([stays.login])
    const site = new Database(join(box.data, 'site.db'), { readonly: true })
    const orders = site.prepare<[], { orders: number; state: string; reason: string }>(
      'SELECT count(*) AS orders, state, reason FROM session_orders GROUP BY state, reason',
    )
    // What became of an order is written a moment after its Stop.
    await expect.poll(() => orders.all()).toEqual([{ orders: sessions, state: 'done', reason: 'expired' }])
    site.close()
  })
})
