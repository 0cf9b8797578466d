import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCode } from '../modules/access/rules.ts'
import { spelledRight, startGuessing, type Guessing } from './guessing.ts'
import { Lab, SECRET } from './wire/lab.ts'
import { pap } from './wire/proof.ts'
import { attr, codes, types, type Reply } from './wire/packet.ts'

/**
 * X10: a million guesses of voucher codes from many devices behind four routers, spelt right and with the prefix of a
 * batch that is on sale, beside people who log in.
 */
const guesses = 1_000_000
/** Some guesses in, everything that grows to a limit has grown. */
const warmUp = guesses / 5
const street = '127.0.0.1'
const routers = [street, '127.0.0.2', '127.0.0.3', '127.0.0.4']
const shape = { prefix: 'KSM', length: 8 }
const onSale = 1000
const phones = 100
const shortCodes = 20
const subscribersBeside = 4
const memoryGrowthMbMax = 64
/** What the log of decisions takes for a guess, and what the WAL holds back. */
const diskBytesMax = guesses * 150 + 64 * 1024 * 1024
const outputBytesMax = 16 * 1024

describe('voucher codes are guessed', () => {
  const lab = new Lab()
  const real: string[] = []
  let short: string[] = []
  let attack: Guessing | undefined

  beforeAll(async () => {
    await lab.start()
    for (const [no, address] of routers.slice(1).entries()) await lab.desk.router(`hotspot-${no}`, address)
    for (const address of routers) await lab.open(address)
    await lab.desk.subscribers(
      Array.from({ length: subscribersBeside }, (_, no) => ({ login: `home-${no}`, password: `right-${no}` })),
    )
    const policy = { downKbps: 5000, upKbps: 1000, deviceLimit: 1 }
    await lab.desk.command('plans.add', { name: 'Day', kind: 'hotspot', policy, validitySec: 86_400 })
    await lab.desk.command('vouchers.openBatch', { plan: 'Day', count: onSale, ...shape })
    while (real.length < onSale)
      real.push(...(await lab.desk.command<{ codes: string[] }>('vouchers.make', { batch: 1 })).codes)
    await lab.desk.command('vouchers.openBatch', { plan: 'Day', count: shortCodes, length: 6, numeric: true })
    short = (await lab.desk.command<{ codes: string[] }>('vouchers.make', { batch: 2 })).codes
  }, 120_000)
  afterAll(async () => {
    attack?.close()
    await lab.end()
  })

  const residentMb = (): number => {
    const status = readFileSync(`/proc/${readFileSync(`${lab.box.data}.pid`, 'utf8').trim()}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024
  }
  const onDisk = (): number =>
    readdirSync(lab.box.data, { recursive: true })
      .map((name) => statSync(join(lab.box.data, String(name))))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
  const typed = (code: string, phone: string): Promise<Reply> =>
    lab.nas.access(attr(types.userName, code), pap(code), attr(types.callingStationId, phone))
  const usedVouchers = async (): Promise<number> =>
    (await lab.desk.query<{ firstUsedAt: number | null }[]>('vouchers.list', { batch: 1, limit: onSale })).filter(
      ({ firstUsedAt }) => firstUsedAt !== null,
    ).length

  test('a guess is spelt as a code is, with the prefix of the batch', () => {
    const guess = spelledRight('KSM2345678')
    expect(guess).toHaveLength(real[0]!.length)
    expect(readCode(guess)).toBe(guess)
    expect(real.every((code) => spelledRight(code.slice(0, -1)) === code)).toBe(true)
  })

  test(
    `${guesses} guesses: none gets in, every new phone with a voucher does, no subscriber waits in vain, nothing grows`,
    { timeout: 1_800_000 },
    async () => {
      attack = await startGuessing({
        ...shape,
        port: lab.box.ports.auth,
        secret: SECRET,
        addresses: routers,
        // So many that every front has some of each router: the kernel spreads them by their ports.
        socketsEach: 16,
        window: 4,
        guesses,
        good: new Set(real),
        seed: 0x1a460,
      })
      await attack.reached(warmUp)
      const memory = residentMb()
      const disk = onDisk()
      const output = lab.box.output().length
      const over = new AbortController()
      let logins = 0
      /** One login after the other: each is sent once, and must be answered. */
      const beside = async (no: number): Promise<void> => {
        while (!over.signal.aborted) {
          const reply = await lab.nas.access(attr(types.userName, `home-${no}`), pap(`right-${no}`))
          expect(reply.code).toBe(codes.accessAccept)
          logins += 1
        }
      }
      const subscribers = Promise.all(Array.from({ length: subscribersBeside }, (_, no) => beside(no)))
      // A short code can be guessed, so who has one takes turns with the guessers.
      const held: number[] = []
      for (const [no, code] of short.entries()) held.push((await typed(code, `06-00-00-00-02-${10 + no}`)).code)
      expect(held.filter((code) => code === codes.accessReject).length).toBeGreaterThan(shortCodes / 2)
      // Behind the very router that is guessed at most, with devices that nobody knows.
      for (let no = 0; no < phones; no++) {
        await attack.reached(warmUp + ((guesses - warmUp) / phones) * no)
        const phone = `06-00-00-00-00-${no.toString(16).padStart(2, '0')}`
        expect((await typed(real[no]!, phone)).code, `phone ${no}`).toBe(codes.accessAccept)
      }
      await attack.done()
      over.abort()
      await subscribers
      expect(attack).toMatchObject({ accepted: [], refused: guesses, unanswered: 0 })
      expect(logins).toBeGreaterThan(phones)
      expect(await usedVouchers()).toBe(phones)
      expect(residentMb() - memory).toBeLessThan(memoryGrowthMbMax)
      expect(onDisk() - disk).toBeLessThan(diskBytesMax)
      expect(lab.box.output().length - output).toBeLessThan(outputBytesMax)
      console.log(`${logins} logins of subscribers beside ${guesses} guesses`)
    },
  )

  test('who guesses from one device waits, also with a code that is good', async () => {
    const thief = '02-FF-00-00-00-01'
    const tried = Array.from({ length: 60 }, (_, no) =>
      spelledRight(`KSM${String(no + 222).replaceAll(/[01]/g, '7')}9999`),
    )
    for (const guess of tried) expect((await typed(guess, thief)).code).toBe(codes.accessReject)
    expect((await typed(real.at(-1)!, thief)).code).toBe(codes.accessReject)
    expect((await typed(real.at(-1)!, '06-00-00-00-01-00')).code).toBe(codes.accessAccept)
  })

  test(
    'the log tells of guesses by no more than the end of their codes, and still finds them',
    { timeout: 240_000 },
    async () => {
      const held = real.at(-1)!
      const { login } = await lab.desk.command<{ login: string }>('vouchers.show', { code: held })
      const end = `…${held.slice(-4)}`
      const reasons = async (): Promise<string[]> =>
        (await lab.desk.decisions(login)).map(({ reason, detail }) => `${reason} ${detail}`)
      // Decisions are kept in packs, some time after the answer.
      await expect.poll(reasons, { timeout: 60_000 }).toEqual([`accepted ${end}`, `too-many-guesses ${end}`])
    },
  )
})
