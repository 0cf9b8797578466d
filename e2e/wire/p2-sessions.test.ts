/** One row per session, whatever a router repeats, delays or reorders. RFC 2866 §4.1, §5; RFC 2869 §5.1-5.3. */
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab, type StoredSession, type Who } from './lab.ts'
import { attr, codes, ipv4, types, type Part } from './packet.ts'

const status = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const
const MB = 1_000_000
const WORD = 2 ** 32
const USER_REQUEST = 1

/** What a router tells of a session: when, and how far it has come. Seconds and octets since its start. */
type Told = {
  readonly sec?: number
  readonly up?: number
  readonly down?: number
  /** High words of the counters; a router that has none leaves them out. */
  readonly gigawords?: readonly [number, number]
  /** How long ago it happened: Acct-Delay-Time. */
  readonly ago?: number
  readonly nas?: string
  readonly device?: string
  readonly user?: string
}

/** The record of a session as a router with an address and a clock would send it. */
const record = (kind: keyof typeof status, id: string, told: Told = {}): Part[] => {
  const { sec, up, down, gigawords, ago = 0, nas = '10.0.0.1', device, user = 'amina' } = told
  const numbers: [number, number | undefined][] = [
    [types.acctSessionTime, sec],
    [types.acctInputOctets, up],
    [types.acctOutputOctets, down],
    [types.acctInputGigawords, gigawords?.[0]],
    [types.acctOutputGigawords, gigawords?.[1]],
    [types.acctTerminateCause, kind === 'stop' ? USER_REQUEST : undefined],
  ]
  return [
    attr(types.acctStatusType, status[kind]),
    attr(types.nasIpAddress, ipv4(nas)),
    attr(types.acctDelayTime, ago),
    ...(kind === 'on' || kind === 'off' ? [] : [attr(types.acctSessionId, id), attr(types.userName, user)]),
    ...(device === undefined ? [] : [attr(types.callingStationId, device)]),
    ...numbers.flatMap(([type, value]) => (value === undefined ? [] : [attr(type, value)])),
  ]
}

/** Between the router's clock and the box's in one test. */
const SLACK_MS = 10_000

/** A router's account of one session, and what is stored of it. */
const storyOf = (lab: Lab, { login }: Who) => {
  const { nas } = lab
  const id = `session-of-${login}`
  const holds = async (of: string, ...rows: Partial<StoredSession>[]): Promise<void> => {
    const stored = await lab.desk.sessions(of)
    expect(stored, of).toHaveLength(rows.length)
    expect(stored, of).toMatchObject(rows)
  }
  return {
    id,
    /** Told and answered: what comes next comes after it is on disk. */
    tell: async (kind: keyof typeof status, told?: Told, of = id): Promise<void> => {
      const reply = await nas.account(...record(kind, of, told))
      expect(reply.code).toBe(codes.accountingResponse)
    },
    /** All at the same time, as if the network had held them back: one commit, or a few. */
    tellAtOnce: (...records: readonly Part[][]) => Promise.all(records.map((parts) => nas.account(...parts))),
    is: (...rows: Partial<StoredSession>[]) => holds(id, ...rows),
    /** The same of another id. */
    holds,
    began: async (agoMs: number): Promise<void> => {
      const [row] = await lab.desk.sessions(id)
      expect(Math.abs(Date.now() - agoMs - row!.startedAt)).toBeLessThan(SLACK_MS)
    },
  }
}
type Story = ReturnType<typeof storyOf>

const story = (no: number, says: string, play: (told: Story, lab: Lab) => Promise<unknown>): Case => ({
  no,
  says,
  async play(lab, who) {
    await play(storyOf(lab, who), lab)
  },
})

const half = { sec: 300, up: 1 * MB, down: 10 * MB }
const whole = { sec: 600, up: 2 * MB, down: 20 * MB }
const halfRow = { state: 'interim', sessionTimeSec: 300, inputOctets: 1 * MB, outputOctets: 10 * MB } as const
const wholeRow = { state: 'stop', sessionTimeSec: 600, inputOctets: 2 * MB, outputOctets: 20 * MB } as const

const repeats: Case[] = [
  story(1, 'Start, interim and Stop are one row', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.is({ state: 'start' })
    await told.tell('interim', { ...half, ago: 300 })
    await told.is(halfRow)
    await told.tell('stop', whole)
    await told.is({ ...wholeRow, terminateCause: 'User-Request' })
  }),
  story(2, 'a Start told again under another Identifier, a second later, is the same session', async (told) => {
    await told.tell('start')
    await told.tell('start', { ago: 1 })
    await told.is({ state: 'start' })
  }),
  story(3, 'an interim told three times counts once', async (told) => {
    await told.tell('start', { ago: 300 })
    for (const late of [0, 5, 10]) await told.tell('interim', { ...half, ago: late })
    await told.is(halfRow)
  }),
  story(4, 'a Stop told three times ends it once', async (told) => {
    await told.tell('start', { ago: 600 })
    for (const late of [0, 5, 10]) await told.tell('stop', { ...whole, ago: late })
    await told.is(wholeRow)
  }),
  story(5, 'a hundred copies of one Start at the same time are one session', async (told) => {
    await told.tellAtOnce(...Array.from({ length: 100 }, () => record('start', told.id)))
    await told.is({ state: 'start' })
  }),
  story(6, 'a session told whole at once, each record twice, is one row', async (told) => {
    const all = [
      record('start', told.id, { ago: 600 }),
      record('interim', told.id, { ...half, ago: 300 }),
      record('stop', told.id, whole),
    ]
    await told.tellAtOnce(...all, ...all)
    await told.is(wholeRow)
  }),
]

const late: Case[] = [
  story(7, 'a late interim never turns the counters back', async (told) => {
    await told.tell('start', { ago: 450 })
    await told.tell('interim', { sec: 450, up: 2 * MB, down: 15 * MB })
    await told.tell('interim', { ...half, ago: 150 })
    await told.is({ state: 'interim', sessionTimeSec: 450, inputOctets: 2 * MB, outputOctets: 15 * MB })
  }),
  story(8, 'an interim after the Stop neither reopens nor rewrites', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('stop', whole)
    await told.tell('interim', { ...half, ago: 300 })
    await told.is({ ...wholeRow, terminateCause: 'User-Request' })
  }),
  story(9, 'an interim of the last second, after the Stop, does not either', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('stop', whole)
    await told.tell('interim', whole)
    await told.is(wholeRow)
  }),
  story(10, 'a Start after its Stop does not begin the session again', async (told) => {
    await told.tell('stop', { ...whole, ago: 1 })
    await told.tell('start', { ago: 601 })
    await told.is(wholeRow)
  }),
  story(11, 'an interim before its Start makes one row, and the Start does not set it back', async (told) => {
    await told.tell('interim', half)
    await told.tell('start', { ago: 300 })
    await told.is(halfRow)
  }),
  story(12, 'a Stop alone is a whole session, which began when its time says', async (told) => {
    await told.tell('stop', whole)
    await told.is(wholeRow)
    await told.began(600_000)
  }),
  story(13, 'in the opposite order it is the same row', async (told) => {
    await told.tell('stop', whole)
    await told.tell('interim', { ...half, ago: 300 })
    await told.tell('start', { ago: 600 })
    await told.is(wholeRow)
  }),
  story(14, 'a second Stop with larger counters does not make the first one another', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('stop', whole)
    await told.tell('stop', { sec: 600, up: 5 * MB, down: 50 * MB, ago: 1 })
    await told.is(wholeRow)
  }),
]

const reused: Case[] = [
  story(15, 'an id used again five seconds after its Stop, as hostapd does, is a new session', async (told) => {
    await told.tell('start', { ago: 605 })
    await told.tell('stop', { ...whole, ago: 5 })
    await told.tell('start')
    await told.is(wholeRow, { state: 'start', inputOctets: 0 })
    await told.tell('stop', { sec: 0, up: 7, down: 8 })
    await told.is(wholeRow, { state: 'stop', inputOctets: 7, outputOctets: 8 })
  }),
  story(16, 'an id used again whose Stop was lost ends the old session where it was last heard', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('interim', { ...half, ago: 300 })
    await told.tell('start')
    await told.is({ ...halfRow, state: 'stop', terminateCause: 'Lost-Service' }, { state: 'start', inputOctets: 0 })
  }),
  story(17, 'an interim of a session that began after the old one had ended is a new session', async (told) => {
    await told.tell('start', { ago: 900 })
    await told.tell('stop', { ...whole, ago: 300 })
    await told.tell('interim', { sec: 100, up: 3, down: 4 })
    await told.is(wholeRow, { state: 'interim', sessionTimeSec: 100, inputOctets: 3 })
  }),
  story(18, 'the same id of another device is another session', async (told) => {
    await told.tell('start', { device: '02-00-00-00-00-01' })
    await told.tell('start', { device: '02-00-00-00-00-02' })
    await told.is({ state: 'stop', device: '02:00:00:00:00:01' }, { state: 'start', device: '02:00:00:00:00:02' })
  }),
  story(19, 'the same id of another subscriber is another session', async (told) => {
    await told.tell('start', { user: 'amina' })
    await told.tell('start', { user: 'baraka' })
    await told.is({ state: 'stop', userName: 'amina' }, { state: 'start', userName: 'baraka' })
  }),
  story(20, 'the same id at two NASes behind one router is two sessions, each with its own end', async (told) => {
    await told.tell('start', { nas: '10.0.0.1', ago: 600 })
    await told.tell('start', { nas: '10.0.0.2', ago: 600 })
    await told.tell('stop', { ...whole, nas: '10.0.0.2' })
    await told.is({ ...wholeRow, nas: '10.0.0.2' }, { state: 'start', nas: '10.0.0.1' })
  }),
]

const counters: Case[] = [
  story(21, 'Gigawords are the high half of a counter', async (told) => {
    await told.tell('start', { ago: 86_000 })
    await told.tell('stop', { sec: 86_000, up: 5, down: 6, gigawords: [1, 3] })
    await told.is({ state: 'stop', inputOctets: WORD + 5, outputOctets: 3 * WORD + 6 })
  }),
  story(22, 'a counter without Gigawords that wraps goes on above 4 GB', async (told) => {
    await told.tell('start', { ago: 3600 })
    await told.tell('interim', { sec: 1800, up: 1, down: 4_200_000_000, ago: 1800 })
    await told.tell('interim', { sec: 3600, up: 2, down: 100_000_000 })
    await told.is({ outputOctets: WORD + 100_000_000 })
  }),
  story(23, 'a counter that falls a little has been mistaken, and has not wrapped', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('interim', { ...half, ago: 300 })
    await told.tell('interim', { sec: 600, up: 1 * MB - 10, down: 10 * MB - 10 })
    await told.is({ sessionTimeSec: 600, inputOctets: 1 * MB, outputOctets: 10 * MB })
  }),
  story(24, 'a counter that no line can have carried is not believed', async (told) => {
    await told.tell('start', { ago: 600 })
    await told.tell('interim', { ...half, ago: 300 })
    await told.tell('interim', { sec: 600, up: 1 * MB, down: 0, gigawords: [0, 1_000_000] })
    await told.is({ inputOctets: 1 * MB, outputOctets: 10 * MB })
  }),
]

const restarts: Case[] = [
  story(25, 'Accounting-On ends what that NAS had, and nothing of another', async (told) => {
    await told.tell('start', { nas: '10.25.0.1', ago: 60 })
    await told.tell('start', { nas: '10.25.0.2', ago: 60 }, `${told.id}-other`)
    await told.tell('on', { nas: '10.25.0.1' })
    await told.is({ state: 'stop', terminateCause: 'NAS-Reboot' })
    await told.holds(`${told.id}-other`, { state: 'start' })
  }),
  story(26, 'a late copy of Accounting-On does not end what began since', async (told) => {
    const nas = '10.26.0.1'
    await told.tell('on', { nas, ago: 60 })
    await told.tell('start', { nas, ago: 30 })
    await told.tell('on', { nas, ago: 60 })
    await told.is({ state: 'start' })
  }),
  story(27, 'a Stop that comes after Accounting-On is taken: it knows better', async (told) => {
    const nas = '10.27.0.1'
    await told.tell('start', { nas, ago: 600 })
    await told.tell('off', { nas })
    await told.tell('stop', { ...whole, nas, ago: 1 })
    await told.is({ ...wholeRow, terminateCause: 'User-Request' })
  }),
  story(28, 'after kill -9 of the box the very octets of a Start are no second session', async (told, lab) => {
    const packet = lab.nas.packet({ code: codes.accountingRequest, parts: record('start', told.id) })
    await lab.nas.exchange(packet, 'acct')
    await lab.restart()
    await lab.nas.exchange(packet, 'acct')
    await told.is({ state: 'start' })
  }),
  story(29, 'after kill -9 of the box a session goes on where it was', async (told, lab) => {
    await told.tell('start', { ago: 600 })
    await told.tell('interim', { ...half, ago: 300 })
    await lab.restart()
    await told.is(halfRow)
    await told.tell('interim', { ...half, ago: 300 })
    await told.tell('stop', whole)
    await lab.restart()
    await told.tell('stop', { ...whole, ago: 3 })
    await told.is(wholeRow)
  }),
]

/** Small and seeded: an order that fails is found again by its number. */
const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  let state = seed * 2_654_435_761 + 1
  const draw = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const left = [...items]
  return items.map(() => left.splice(draw(left.length), 1)[0]!)
}
const ORDERS = 20

const orders: Case[] = [
  story(30, `whatever the order, the Stop last and everything twice: one row (${ORDERS} orders)`, async (told) => {
    for (let seed = 1; seed <= ORDERS; seed++) {
      const id = `${told.id}-${seed}`
      const steps: [keyof typeof status, Told][] = [
        ['start', { ago: 600 }],
        ['interim', { sec: 150, up: 0.5 * MB, down: 5 * MB, ago: 450 }],
        ['interim', { ...half, ago: 300 }],
        ['interim', { sec: 450, up: 1.5 * MB, down: 15 * MB, ago: 150 }],
      ]
      for (const [kind, step] of shuffled([...steps, ...steps], seed)) await told.tell(kind, step, id)
      await told.tell('stop', whole, id)
      await told.holds(id, wholeRow)
    }
  }),
  story(31, `the Stop anywhere: one row, which ended as it says (${ORDERS} orders)`, async (told) => {
    for (let seed = 1; seed <= ORDERS; seed++) {
      const id = `${told.id}-${seed}`
      const steps: [keyof typeof status, Told][] = [
        ['start', { ago: 600 }],
        ['interim', { ...half, ago: 300 }],
        ['stop', whole],
        ['stop', { ...whole, ago: 4 }],
      ]
      for (const [kind, step] of shuffled(steps, seed)) await told.tell(kind, step, id)
      await told.holds(id, wholeRow)
    }
  }),
]

wireSuite('p2-sessions', [...repeats, ...late, ...reused, ...counters, ...restarts, ...orders])
