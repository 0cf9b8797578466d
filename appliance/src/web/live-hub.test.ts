import { expect, test } from 'vitest'
import type { LiveSnapshot } from './feed.ts'
import { webLimits } from './limits.ts'
import type { Patch } from './picture.ts'
import { sampleSnapshot } from './testing/fixture-feed.ts'
import { eventReader, webUnderTest } from './testing/web-under-test.ts'

type Desk = Awaited<ReturnType<typeof signedIn>>

async function signedIn(snapshot?: LiveSnapshot) {
  const desk = webUnderTest(snapshot ? { snapshot } : {})
  await desk.signIn()
  return desk
}

/** Loads the page and opens the stream it names. */
async function openPage({ visit }: Desk) {
  const page = await (await visit('/')).text()
  const stream = /data-stream="([^"]+)"/.exec(page)?.[1] ?? ''
  const answer = await visit(stream)
  const events = eventReader(answer)
  expect(await events.next()).toBe('retry: 3000\n\n')
  return { page, stream, answer, events }
}

const patchesIn = (text: string | undefined): Patch[] =>
  (text ?? '').split('\n\n').flatMap((event) => {
    const data = /^data: (\{.*)$/m.exec(event)?.[1]
    return data === undefined ? [] : [JSON.parse(data) as Patch]
  })

const openMore = (desk: Desk, login: string, no: number) =>
  desk.feed.change('sessions', (before) => ({
    ...before,
    totals: { ...before.totals, openSessions: before.totals.openSessions + 1 },
    sessions: [{ ...before.sessions[0]!, login, no, startedAt: desk.clock.now() }, ...before.sessions],
  }))

test('a new session reaches the page within a second, alone, and in its place', async () => {
  const desk = await signedIn()
  const { events, answer } = await openPage(desk)
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  openMore(desk, 'fresh', 9001)
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  const [patch] = patchesIn(await next)
  const list = patch?.lists.find(({ name }) => name === 'sessions')
  expect(list?.rows.map(([key]) => key)).toEqual(['9001'])
  expect(list?.order).toEqual(['9001', '1000', '999', '998'])
  expect(patch?.slots).toContainEqual(['figure-open', '4'])
})

test('many changes within a second are one patch, and one look at the feed', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  const before = desk.feed.looks()
  for (let no = 0; no < 50; no++) openMore(desk, `fresh${no}`, 9000 + no)
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  const patches = patchesIn(await next)
  expect(patches).toHaveLength(1)
  expect(patches[0]?.lists[0]?.rows).toHaveLength(50)
  expect(desk.feed.looks() - before).toBe(1)
})

test('a counter that moves is one cell, not a row', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  desk.feed.change('sessions', (before) => ({
    ...before,
    sessions: before.sessions.map((row) => (row.no === 999 ? { ...row, outRateKbps: 8200 } : row)),
  }))
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  const [patch] = patchesIn(await next)
  const [list] = patch?.lists ?? []
  expect(list).toMatchObject({ name: 'sessions', rows: [] })
  expect(list?.order).toBeUndefined()
  expect(list?.cells.filter(([, id]) => id === 'down')).toEqual([['999', 'down', '8.2\u00a0Mbit/s']])
})

test('a page that cannot keep up is sent nothing until it asks, and then the newest state once', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  for (let no = 0; no < webLimits.patchesKept * 3; no++) {
    openMore(desk, `fresh${no}`, 9000 + no)
    await desk.clock.advanceAsync(webLimits.patchEveryMs)
  }
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  const patches = patchesIn(await next)
  expect(patches).toHaveLength(1)
  const list = patches[0]?.lists.find(({ name }) => name === 'sessions')
  expect(list?.rows).toHaveLength(3 + webLimits.patchesKept * 3)
  expect(list?.order?.[0]).toBe(String(9000 + webLimits.patchesKept * 3 - 1))
})

test('a page that was away for a few patches gets just those, by Last-Event-ID', async () => {
  const desk = await signedIn()
  const { stream, events } = await openPage(desk)
  const since = Number(new URL(stream, 'http://localhost').searchParams.get('since'))
  for (const no of [9001, 9002, 9003]) {
    openMore(desk, `fresh${no}`, no)
    const next = events.next()
    await desk.clock.advanceAsync(webLimits.patchEveryMs)
    await next
  }
  const again = eventReader(await desk.visit('/events', { headers: { 'last-event-id': String(since + 1) } }))
  await again.next()
  const next = again.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  expect(patchesIn(await next).map(({ version }) => version)).toEqual([since + 2, since + 3])
})

test.each(['/events', '/events?since=999999', '/events?since=-1', '/events?since=constructor'])(
  '%s is answered with the whole picture',
  async (path) => {
    const desk = await signedIn()
    await desk.visit('/')
    const events = eventReader(await desk.visit(path))
    await events.next()
    const next = events.next()
    await desk.clock.advanceAsync(webLimits.patchEveryMs)
    const [patch] = patchesIn(await next)
    expect(patch?.lists.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['sessions', 3],
      ['decisions', 3],
      ['routers', 4],
    ])
  },
)

test('open pages are bounded; one more is told so, and a closed one makes room', async () => {
  const desk = await signedIn()
  const readers = []
  for (let n = 0; n < webLimits.streamsMax; n++) readers.push(eventReader(await desk.visit('/events')))
  expect(desk.web.streams()).toBe(webLimits.streamsMax)
  const refused = await desk.visit('/events')
  expect(refused.status).toBe(503)
  expect(desk.web.streams()).toBe(webLimits.streamsMax)
  await readers[0]?.cancel()
  expect((await desk.visit('/events')).status).toBe(200)
})

test('nothing ticks while nobody looks', async () => {
  const desk = await signedIn()
  expect(desk.clock.pending()).toBe(0)
  const { events } = await openPage(desk)
  expect(desk.clock.pending()).toBe(1)
  await events.cancel()
  expect(desk.clock.pending()).toBe(0)
  expect(desk.web.streams()).toBe(0)
})

test('a quiet page hears a beat with the time of day, so that silence means a lost connection', async () => {
  const empty = sampleSnapshot({ now: 0, sessions: 0, decisions: 0, routers: 0 })
  const desk = await signedIn(empty)
  const { events } = await openPage(desk)
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.beatEveryMs + webLimits.patchEveryMs)
  expect(await next).toBe('event: beat\ndata: 09:00:10\n\n')
})

test('ages move on by themselves', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.agesEveryMs)
  const [patch] = patchesIn(await next)
  expect(patch?.lists.flatMap(({ cells }) => cells.map(([, id]) => id))).toContain('online')
})

test('a stream ends when its session does', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  const next = events.next()
  desk.clock.advance(webLimits.patchEveryMs - 1)
  for (let n = 0; n < webLimits.deskSessionsMax; n++) await desk.web.app.request(`/?token=${desk.web.newToken()}`)
  await desk.clock.advanceAsync(1)
  expect(await next).toBeUndefined()
  expect(desk.web.streams()).toBe(0)
})

test('a feed that fails ends the streams with one line in the log, and the next look may succeed', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  const right = desk.feed.snapshot()
  desk.feed.change('sessions', () => null as never)
  const next = events.next()
  await desk.clock.advanceAsync(webLimits.patchEveryMs)
  expect(await next).toBeUndefined()
  expect(desk.log.lines.filter(({ msg }) => msg === 'live pages could not be brought up to date')).toHaveLength(1)
  desk.feed.change('sessions', () => right)
  desk.clock.advance(webLimits.patchEveryMs)
  expect((await desk.visit('/')).status).toBe(200)
})

test('a feed that forgets its limits does not make the page grow', async () => {
  const { sessions, decisions, ...rest } = sampleSnapshot({ now: 0, sessions: 200 })
  const many = <T extends { no: number }>(rows: readonly T[]) =>
    Array.from({ length: 1000 }, (_, no) => ({ ...rows[no % rows.length]!, no }))
  const desk = await signedIn({ ...rest, sessions: many(sessions), decisions: many(decisions) })
  const page = await (await desk.visit('/')).text()
  const rows = page.match(/<tr role="row" data-key/g)
  expect(rows).toHaveLength(webLimits.sessionRowsMax + webLimits.decisionRowsMax)
})

test('closing the web ends every stream and forgets the feed', async () => {
  const desk = await signedIn()
  const { events } = await openPage(desk)
  desk.web.close()
  expect(await events.next()).toBeUndefined()
  expect(desk.clock.pending()).toBe(0)
})
