import Database from 'better-sqlite3'
import { createSocket } from 'node:dgram'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { mustRun, newBox, temporaryFolder, type Box, type Ports } from './box.ts'
import { program, radclient, startPeer, suite, type Attributes } from './peer.ts'

// Promise P9: a clear message, no corruption, no answer to accounting that was not stored.
const secret = 'faults-secret'
const startFailsWithinMs = 10_000

async function furnish(box: Box): Promise<void> {
  await box.json('router', 'add', 'nas', '--address', '127.0.0.1', '--secret', secret)
  await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
  await box.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Any')
}

const login = (box: Box) =>
  radclient(box.ports.auth, 'auth', secret, { 'User-Name': 'amina', 'User-Password': 'right' })

function account(box: Box, id: string, attributes: Attributes = { 'Acct-Status-Type': 'Start' }, sendings = 1) {
  const base = { 'User-Name': 'amina', 'Acct-Session-Id': id, 'NAS-IP-Address': '127.0.0.1' }
  return radclient(box.ports.acct, 'acct', secret, { ...base, ...attributes }, sendings)
}

const stored = (box: Box, id: string) => box.json<{ state: string }[]>('session', 'show', id)

/** Starting must fail, soon, with words that name the cause; returns them. */
async function refusesToStart(box: Box, ports: Partial<Ports> = {}): Promise<string> {
  const startedAt = performance.now()
  await expect(box.start({ ports })).rejects.toThrow(/ended with [1-9]/)
  expect(performance.now() - startedAt).toBeLessThan(startFailsWithinMs)
  expect(box.output()).not.toMatch(/\n\s+at .*:\d+:\d+/) // a message, not a stack trace
  return box.output()
}

describe('what stands in the way of a start', () => {
  const boxes: Box[] = []
  const fresh = (data?: string) => {
    const box = newBox(data)
    boxes.push(box)
    return box
  }
  afterEach(async () => {
    for (const box of boxes.splice(0)) await box.remove()
  })

  test('a port that another program has is named', async () => {
    const other = createSocket('udp4')
    const bound = Promise.withResolvers<void>()
    other.bind(0, '127.0.0.1', bound.resolve)
    await bound.promise
    const { port } = other.address()
    expect(await refusesToStart(fresh(), { auth: port })).toMatch(new RegExp(`${port}.*in use|in use.*${port}`, 'i'))
    other.close()
  })

  test('a port that another box has is named, whichever it is', async () => {
    const first = fresh()
    await first.start()
    for (const name of ['auth', 'acct', 'radsec', 'web'] as const) {
      const port = first.ports[name]
      const said = await refusesToStart(fresh(), { [name]: port })
      expect(said, name).toMatch(new RegExp(`${port}.*in use|in use.*${port}`, 'i'))
    }
  })

  test('a second box on the same data folder is refused', async () => {
    const first = fresh()
    await first.start()
    const second = newBox(first.data)
    expect(await refusesToStart(second)).toMatch(/already|running|in use|locked/i)
    expect((await first.cli('doctor')).stdout).not.toBe('')
  })

  test('a database this release is too old to read is refused and left as it is', async () => {
    const box = fresh()
    await box.start()
    await box.stop()
    const file = join(box.data, 'site.db')
    const db = new Database(file)
    expect(db.prepare("UPDATE lango_meta SET value = 9999 WHERE key = 'minReader'").run().changes).toBe(1)
    db.close()
    const before = readFileSync(file)
    expect(await refusesToStart(box)).toMatch(/9999|newer|too (old|new)/i)
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

/** What the doctor says of decisions that could not be stored. */
const decisionsLost = async (box: Box): Promise<string | undefined> => {
  const checks = JSON.parse((await box.cli('doctor', '--json')).stdout) as { name: string; sentence: string }[]
  return checks.find(({ name }) => name === 'decisions-lost')?.sentence
}

suite('small disk', () => {
  const mount = temporaryFolder('disk')
  const data = join(mount, 'data')
  const box = newBox(data)
  const filler = join(mount, 'filler')

  const fill = () => {
    const file = openSync(filler, 'w')
    // Ever smaller pieces, until not one octet fits.
    for (let size = 1 << 20; size >= 1; size = size === 1 ? 0 : size >> 4 || 1) {
      const piece = Buffer.alloc(size)
      try {
        for (;;) writeSync(file, piece)
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
      }
    }
    closeSync(file)
  }

  beforeAll(async () => {
    await mustRun('mount', '-t', 'tmpfs', '-o', 'size=64m', 'none', mount)
    mkdirSync(data, { mode: 0o700 })
    await box.start()
    await furnish(box)
  })
  afterAll(async () => {
    await box.remove()
    await mustRun('umount', '-l', mount)
    rmSync(mount, { recursive: true, force: true })
  })

  test('disk full: logins go on, accounting is not answered, and both recover without hands', async () => {
    expect((await account(box, 'before')).code).toBe('Accounting-Response')
    fill()
    expect((await account(box, 'while-full')).code).toBeUndefined()
    expect((await login(box)).code).toBe('Access-Accept')
    await expect.poll(() => box.output(), { timeout: 10_000 }).toMatch(/disk.{0,20}full|no space/i)
    // A front hands its decisions on a moment later: until then the disk has to stay full.
    await expect.poll(() => decisionsLost(box), { timeout: 10_000 }).toMatch(/^1 decision is missing/)
    rmSync(filler)
    expect((await account(box, 'while-full', undefined, 10)).code).toBe('Accounting-Response')
    expect(await stored(box, 'while-full')).toHaveLength(1)
    expect(await stored(box, 'before')).toHaveLength(1)
    expect(await decisionsLost(box)).toMatch(/^1 decision is missing/)
  })

  test('read-only: the start says so, and nothing is harmed', async () => {
    expect(await box.stop()).toBe(0)
    await mustRun('mount', '-o', 'remount,ro', mount)
    expect(await refusesToStart(box)).toMatch(/read-only/i)
    await mustRun('mount', '-o', 'remount,rw', mount)
    await box.start()
    expect(await stored(box, 'before')).toHaveLength(1)
  })
})

suite('failing sync', () => {
  const box = newBox()
  const delayMs = 400
  const inject = async (what: string) => {
    const calls = 'fdatasync,fsync'
    const pid = readFileSync(`${box.data}.pid`, 'utf8').trim()
    const args = ['-f', '-p', pid, '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`]
    return startPeer('strace', args, /attached/)
  }

  beforeAll(async () => {
    await box.start()
    await furnish(box)
  })
  afterAll(() => box.remove())

  test('accounting is answered after the sync of its commit, logins do not wait for it', async () => {
    const strace = await inject(`delay_enter=${delayMs * 1000}`)
    for (const id of ['slow-1', 'slow-2', 'slow-3']) {
      const startedAt = performance.now()
      const [answer] = await Promise.all([
        account(box, id).then((reply) => ({ code: reply.code, afterMs: performance.now() - startedAt })),
        login(box).then((reply) => {
          expect(reply.code).toBe('Access-Accept')
          expect(performance.now() - startedAt).toBeLessThan(delayMs)
        }),
      ])
      expect(answer.code).toBe('Accounting-Response')
      expect(answer.afterMs).toBeGreaterThan(delayMs)
    }
    await strace.stop()
  })

  test('what is done at the desk is not called done when its sync fails', async () => {
    const strace = await inject('error=EIO')
    const answer = await box.cli('plan', 'add', 'Lost', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1')
    expect(answer.code).not.toBe(0)
    expect(answer.stderr).toMatch(/disk/i)
    await strace.stop()
    const again = ['plan', 'add', 'Found', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1']
    expect((await box.cli(...again)).code).toBe(0)
  })

  test('a sync that fails is answered by nobody; the box ends and comes back whole', async () => {
    expect((await account(box, 'kept')).code).toBe('Accounting-Response')
    const strace = await inject('error=EIO')
    expect((await account(box, 'lost')).code).toBeUndefined()
    expect(await box.ended()).toBeGreaterThan(0)
    await strace.stop()
    expect(box.output()).toMatch(/sync|disk|i\/o/i)
    await box.start()
    expect(await stored(box, 'kept')).toHaveLength(1)
    expect((await account(box, 'lost', undefined, 3)).code).toBe('Accounting-Response')
    expect(await stored(box, 'lost')).toHaveLength(1)
  })
})

suite('clock in 1970', () => {
  const box = newBox()
  const in1970 = [program('faketime'), '--exclude-monotonic', '-f', '@1970-01-02 00:00:00']
  afterAll(() => box.remove())

  test('a box that boots in 1970 serves on its last known time and says that it is unsure', async () => {
    await box.start()
    await furnish(box)
    expect((await account(box, 'in-2026')).code).toBe('Accounting-Response')
    expect(await box.stop()).toBe(0)

    await box.start({ under: in1970 })
    expect((await login(box)).code).toBe('Access-Accept')
    expect((await account(box, 'in-1970')).code).toBe('Accounting-Response')
    expect(await stored(box, 'in-1970')).toHaveLength(1)
    const doctor = await box.cli('doctor')
    expect(doctor.stdout).toMatch(/unsure/i)
    const [session] = await box.json<Record<string, unknown>[]>('session', 'show', 'in-1970')
    expect(JSON.stringify(session)).not.toContain('"1970')
  })

  test('a new box that boots in 1970 serves too', async () => {
    const born = newBox()
    try {
      await born.start({ under: in1970 })
      await furnish(born)
      expect((await login(born)).code).toBe('Access-Accept')
    } finally {
      await born.remove()
    }
  })
})
