import fc from 'fast-check'
import { expect, test } from 'vitest'
import { octalText, renderTemplate, urlEscape, type Variables } from './template.ts'

const values: Readonly<Record<string, string>> = { username: 'john', ip: '10.5.50.2', odd: '123&456=1 2', empty: '' }
const variables: Variables = (name) => values[name] ?? ''
const bodyOf = (source: string) => renderTemplate(source, variables).body

test.each([
  ['$(username) at $(ip)', 'john at 10.5.50.2'],
  // The example of the manual.
  ['?user=$(odd-esc)', '?user=123%26456%3D1+2'],
  ['[$(unknown)$(unknown-esc)]', '[]'],
  ['$(if username)yes$(endif)', 'yes'],
  ['$(if empty)yes$(else)no$(endif)', 'no'],
  ['$(if username == john)Hey$(elif username == dizzy)Hello$(else)Who$(endif).', 'Hey.'],
  ['$(if username == dizzy)Hey$(elif ip == 10.5.50.2)There$(elif ip == "10.5.50.2")Again$(else)Who$(endif).', 'There.'],
  [`$(if username == "dizzy")1$(elif username == 'dizzy')2$(else)3$(endif)`, '3'],
  [`$(if username == 'john')$(if ip != 10.5.50.2)in$(else)out$(endif)$(endif)`, 'out'],
  ['$(if empty)$(if username)never$(else)nor this$(endif)$(elif username)this$(endif)', 'this'],
  ['$(if username)to the end', 'to the end'],
  ['$(if empty)not to the end', ''],
  ['$(endif)$(else)$(elif username)stray', 'stray'],
  ['5 $ (not) $username $(', '5 $ (not) $username $('],
])('%s', (source, body) => expect(bodyOf(source)).toBe(body))

test('http-status and http-header set instead of asking, and the last header of a name counts', () => {
  const source = [
    '$(if http-status == 302)Hotspot login required$(endif)',
    '$(if http-header == "Location")http://$(ip)/?u=$(odd-esc)$(endif)',
    `$(if http-header == 'Cache-Control')no-cache$(endif)$(if http-header == "cache-control")no-store$(endif)`,
    'Hello',
  ].join('\n')
  const { status, headers, body } = renderTemplate(source, variables)
  expect(status).toEqual({ code: 302, reason: 'Hotspot login required' })
  expect([...headers.values()]).toEqual([
    ['Location', 'http://10.5.50.2/?u=123%26456%3D1+2'],
    ['cache-control', 'no-store'],
  ])
  expect(body.trim()).toBe('Hello')
})

test('what is not shown sets nothing', () => {
  const source = '$(if empty)$(if http-status == 302)Away$(endif)$(if http-header == X)y$(endif)$(endif)here'
  const { status, headers, body } = renderTemplate(source, variables)
  expect([status, headers.size, body]).toEqual([undefined, 0, 'here'])
})

test('octets are printed in octal, as in the manual', () => {
  expect(octalText(Buffer.of(0o371))).toBe('\\371')
  expect(octalText(Buffer.of(0o357, 0o15, 0, 0o145))).toBe('\\357\\015\\000\\145')
})

test('what is escaped comes back as it was, and has no sign that HTML or a header would read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('ñ\u2028', '🦒\ud800')), (text) => {
      const escaped = urlEscape(text)
      expect(escaped).toMatch(/^[\w.%+-]*$/)
      expect(new URLSearchParams(`x=${escaped}`).get('x')).toBe(text.toWellFormed())
    }),
  )
})

test('whatever a file holds, it is rendered', () => {
  const piece = fc.constantFrom(
    '$(if username)',
    '$(if empty == x)',
    '$(elif ip)',
    '$(else)',
    '$(endif)',
    '$(',
    ')',
    'a',
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(bodyOf(pieces.join('')).length).toBeLessThanOrEqual(pieces.join('').length)
    }),
  )
})
