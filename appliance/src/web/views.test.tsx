import { globSync, readFileSync } from 'node:fs'
import { Gallery, hostileNames, localeOf, visible } from '@lango/kernel/ui'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { reasons, reasonWords } from '../aaa/reasons.ts'
import type { DecisionRow, LiveSnapshot } from './feed.ts'
import { renderPart } from './html.ts'
import { webLimits } from './limits.ts'
import { LivePage, pictureOf } from './live-page.tsx'
import { routerKey, routersMore, shownRouters, type View } from './lists.tsx'
import { swahiliHealth, swahiliReasons } from './reason-words.ts'
import { sampleSnapshot } from './testing/fixture-feed.ts'
import { webUnderTest } from './testing/web-under-test.ts'
import { webWords } from './words.ts'

const now = Date.UTC(2026, 10, 21, 6)
const view: View = { locale: localeOf('en', 'Africa/Nairobi'), words: webWords.en, now }
const hostile = sampleSnapshot({ now, sessions: 12, decisions: 12, routers: 9, hostile: true })

const draw = (snapshot: LiveSnapshot): string =>
  renderPart(<LivePage {...{ snapshot, view }} demo={false} showAll={false} stream="/events?since=1" />)

const pageOf = async (snapshot: LiveSnapshot) => {
  const desk = webUnderTest({ snapshot, siteName: hostileNames[0], demo: true })
  await desk.signIn()
  return (await desk.visit('/')).text()
}

/** Tags with their attributes, as a browser splits them: text is what stands outside. */
const tagsOf = (markup: string) => markup.match(/<[a-z][^\s>]*(?:\s+[^\s=>]+(?:="[^"]*")?)*\s*\/?>/gi) ?? []

test('names with markup are shown, never run: only our own tags and attributes are on the page (X7)', async () => {
  const page = await pageOf(hostile)
  const calm = await pageOf(sampleSnapshot({ now, sessions: 12, decisions: 12, routers: 9 }))
  const kinds = (markup: string) => new Set(tagsOf(markup).map((tag) => tag.replaceAll(/="[^"]*"/g, '')))
  const ours = kinds(calm)
  expect([...kinds(page)].filter((tag) => !ours.has(tag))).toEqual([])
  expect(page).toContain('&lt;script>alert(1)&lt;/script>')
  expect(page).toContain('&quot;>&lt;img src=x onerror=alert(1)>')
})

test('nothing on any page is inline: no script, style or handler of its own', async () => {
  const desk = webUnderTest({ snapshot: hostile, demo: true })
  await desk.signIn()
  for (const path of ['/', '/gallery', '/nothing']) {
    const page = await (await desk.visit(path)).text()
    expect(page.match(/<script(?! type="module" src="\/assets\/)/g), path).toBeNull()
    for (const tag of tagsOf(page))
      expect(tag.replaceAll(/"[^"]*"/g, ''), path).not.toMatch(/\s(?:style|on\w+)=|<style/i)
  }
})

test('no view sets raw markup', () => {
  const files = globSync('{kernel/src/ui,appliance/src/web}/**/*.{ts,tsx}').filter((file) => !file.includes('.test.'))
  expect(files.length).toBeGreaterThan(20)
  const raw = new RegExp(['dangerously', 'SetInnerHTML'].join(''))
  expect(files.filter((file) => raw.test(readFileSync(file, 'utf8')))).toEqual([])
})

test('any login at all is escaped in a page and in its patches', () => {
  const one = sampleSnapshot({ now, sessions: 1, decisions: 1, routers: 1 })
  const letters = fc.string({
    unit: fc.constantFrom('<', '>', '"', "'", '&', '`', '\0', '\u202e', 'a', '\n', '\ud800'),
  })
  fc.assert(
    fc.property(letters, (login) => {
      const snapshot = {
        ...one,
        sessions: one.sessions.map((row) => ({ ...row, login, nas: login, plan: login, customerName: login })),
        decisions: one.decisions.map((row) => ({ ...row, login, nas: login, sentence: login })),
      }
      const [row] = pictureOf(snapshot, view).lists[0]!.rows
      const shown = (visible(login) || '–').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
      for (const markup of [draw(snapshot), row!.html(), row!.cells[0]!.html()]) {
        expect(markup).toContain(`title="${shown}">${shown}</bdi>`)
      }
    }),
    { numRuns: 200 },
  )
})

test('a page and its patches name rows alike, whatever HTML does to a name', () => {
  const names = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(names, (name) => {
      const key = routerKey({ name, address: '10.0.0.1', vendor: '', state: 'unknown' })
      expect(key).not.toMatch(/[\0\r\n]/)
      expect(key.isWellFormed()).toBe(true)
    }),
  )
})

test('two factory-new routers of one name are two cards', () => {
  const twins = ['10.0.0.1', '10.0.0.2'].map((address) => ({
    name: 'MikroTik',
    address,
    vendor: '',
    state: 'unknown' as const,
  }))
  expect(new Set(twins.map(routerKey)).size).toBe(2)
})

test('routers that need a person come first, ours before strangers, and the rest is a number', () => {
  const { routers } = sampleSnapshot({ now, sessions: 0, routers: 100 })
  const shown = shownRouters(routers)
  expect(shown).toHaveLength(webLimits.routerCardsMax)
  expect(new Set(shown.map(({ state }) => state))).toEqual(new Set(['silent']))
  expect(routersMore(routers, view)).toBe('and 88 more')
  expect(routersMore(routers.slice(0, webLimits.routerCardsMax), view)).toBe('')
})

test('an empty box says what to do first', () => {
  const page = draw(sampleSnapshot({ now, sessions: 0, decisions: 0, routers: 0 }))
  expect(page).toContain('<code>lango router add NAME <span>--address</span> ADDRESS <span>--secret</span> S</code>')
  expect(page.match(/<tbody[^>]*><\/tbody>/g)).toHaveLength(2)
})

test('a box that does not serve says since when, why and what to do', () => {
  const health = {
    serving: false,
    since: now - 300_000,
    reason: 'The disk is full.',
    remedy: 'Free space: `lango doctor`',
  }
  const page = draw({ ...hostile, health })
  expect(page).toMatch(/role="alert".*Not serving since 21 Nov 2026, 08:55:00/)
  expect(page).toContain('The disk is full.')
  expect(page).toContain('<code>lango doctor</code>')
})

test('a refusal opens its reason, what to do and the facts', () => {
  const decision: DecisionRow = {
    no: 1,
    at: now,
    login: 'amina',
    outcome: 'reject',
    reason: 'expired',
    sentence: 'The service has expired.',
    remedy: 'Renew the service.',
    nas: 'tower',
    mac: 'aabbccddeeff',
    method: 'pap',
    latencyMs: 0.42,
  }
  const page = draw({ ...hostile, decisions: [decision] })
  const why = /<details class="why">.*?<\/details>/.exec(page.slice(page.indexOf('id="decisions"')))?.[0] ?? ''
  for (const text of [
    'The service has expired.',
    'Why?',
    'Renew the service.',
    'expired',
    'AA:BB:CC:DD:EE:FF',
    '0.4 ms',
  ])
    expect(why).toContain(text)
})

test('download is what the router put out, upload what it took in (RFC 2866 §5.3, §5.4)', () => {
  const [row] = hostile.sessions
  const picture = pictureOf({ ...hostile, sessions: [{ ...row!, inRateKbps: 1100, outRateKbps: 8200 }] }, view)
  const cells = picture.lists[0]!.rows[0]!.cells
  expect(cells.find(({ id }) => id === 'down')?.value).toBe('8.2\u00a0Mbit/s')
  expect(cells.find(({ id }) => id === 'up')?.value).toBe('1.1\u00a0Mbit/s')
})

test('a customer who is called like the login is named once', () => {
  const [row] = hostile.sessions
  const named = (customerName: string) => draw({ ...hostile, sessions: [{ ...row!, login: 'amina', customerName }] })
  expect(named('amina').match(/>amina</g)).toHaveLength(1)
  expect(named('Amina Otieno')).toContain('>Amina Otieno<')
})

test('without a script the page offers a link and loads itself anew', async () => {
  const page = await pageOf(hostile)
  expect(page).toContain('<noscript><meta http-equiv="refresh" content="15"/></noscript>')
  expect(page).toMatch(/As of \d\d:\d\d:\d\d<\/span><a href="\/">Refresh<\/a>/)
})

const commandsIn = (text: string) => text.match(/`[^`]+`/g) ?? []

test('every sentence of a page stands in both languages with the same places and commands', () => {
  const parts = (text: unknown) => new Set(JSON.stringify(text).match(/\{\w+\}|`[^`]+`/g))
  for (const [name, english] of Object.entries(webWords.en)) {
    const swahili = (webWords.sw as Record<string, unknown>)[name]
    expect(JSON.stringify(swahili), name).toMatch(/\w/)
    expect(parts(swahili), name).toEqual(parts(english))
  }
})

test.each(reasons)('why a login ended with %s stands in Swahili: cause, what to do, the same commands', (reason) => {
  const english = reasonWords[reason]
  const swahili = swahiliReasons[reason]
  expect(swahili.sentence).toMatch(/^\p{Lu}.*\.$/u)
  expect(swahili.sentence).not.toBe(english.sentence)
  expect(swahili.remedy === '').toBe(english.remedy === '')
  expect(commandsIn(swahili.remedy)).toEqual(commandsIn(english.remedy))
})

test('whatever the feed says about the health of the box stands in Swahili', () => {
  const source = readFileSync('appliance/src/live-feed.ts', 'utf8')
  const told = [...source.matchAll(/(?:reason|remedy): '([^']+)'/g)].map(([, sentence = '']) => sentence)
  expect(told.length).toBeGreaterThan(0)
  expect([...swahiliHealth.keys()].toSorted()).toEqual(told.toSorted())
  for (const [english, swahili] of swahiliHealth) expect(commandsIn(swahili)).toEqual(commandsIn(english))
})

test('a page in Swahili has no English on it: words, reasons, what to do, times', () => {
  const swahili: View = { locale: localeOf('sw', 'Africa/Nairobi'), words: webWords.sw, now }
  const [sessions, routers] = [hostile.sessions, sampleSnapshot({ now, sessions: 0, routers: 5 }).routers]
  const decisions = reasons.map((reason, no): DecisionRow => {
    const { sentence, remedy } = reasonWords[reason]
    return { ...hostile.decisions[0]!, no, reason, sentence, remedy }
  })
  const [reason = '', remedy = ''] = swahiliHealth.keys()
  const health = { serving: false, since: now, reason, remedy }
  const snapshot = { ...hostile, health, sessions, decisions, routers }
  const page = renderPart(<LivePage {...{ snapshot, view: swahili }} demo showAll={false} stream="/events?since=1" />)
  const english = Object.entries(webWords.en).flatMap(([name, word]) => {
    const same = JSON.stringify(word) === JSON.stringify((webWords.sw as Record<string, unknown>)[name])
    return typeof word === 'string' && !same && !word.includes('{') ? [word] : []
  })
  const sentences = [
    ...reasons.flatMap((code) => [reasonWords[code].sentence, reasonWords[code].remedy]),
    reason,
    remedy,
  ]
  const pieces = sentences.flatMap((sentence) => sentence.split(/`[^`]*`/)).filter((piece) => piece.length > 3)
  const shown = page.replaceAll('&#39;', "'").replaceAll('&amp;', '&')
  expect(pieces.filter((piece) => shown.includes(piece.trim()))).toEqual([])
  expect(english.filter((word) => shown.includes(`>${word}<`) || shown.includes(`"${word}"`))).toEqual([])
  expect(shown).toContain(swahiliReasons['wrong-password'].sentence)
})

test('a reason that this page does not know is shown as it came', () => {
  const decisions = [{ ...hostile.decisions[0]!, reason: 'constructor', sentence: 'Something new.' }]
  const swahili: View = { locale: localeOf('sw', 'Africa/Nairobi'), words: webWords.sw, now }
  const cells = pictureOf({ ...hostile, decisions }, swahili).lists[1]!.rows[0]!.cells
  expect(cells.find(({ id }) => id === 'reason')?.html()).toContain('Something new.')
})

test('the gallery shows every component in every state', () => {
  const gallery = renderPart(<Gallery locale={view.locale} now={now} />)
  const states = ['status-good', 'status-attention', 'status-stopped', 'status-info', 'status-plain', 'badge', 'chip']
  const parts = [
    'notice-good',
    'notice-stopped',
    'empty',
    'why" open',
    'stats',
    'table-dense',
    'aria-invalid',
    'disabled',
  ]
  for (const part of [...states, ...parts, 'button-danger', 'choice', 'swatch-brand']) expect(gallery).toContain(part)
})
