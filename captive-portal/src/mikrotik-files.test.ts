import fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderTemplate, type Variables } from '../../drivers/simulators/hotspot/template.ts'
import { hotspotFiles } from '@lango/modules/network'
import { mikrotikFiles } from './mikrotik-files.ts'

const origin = 'http://192.168.88.10:8090'
const files = mikrotikFiles(origin)
const file = (name: string) => files.get(name) ?? ''
const pages = [...files.keys()].filter((name) => name.endsWith('.html'))

/** What the router says of itself. */
const own: Readonly<Record<string, string>> = {
  'link-login-only': 'http://10.30.0.1/login',
  'chap-id': '\\371',
  'chap-challenge': '\\357\\015\\330',
  'logged-in': 'no',
  'session-timeout-secs': '0',
}
const withChosen =
  (chosen: Readonly<Record<string, string>>): Variables =>
  (name) =>
    chosen[name] ?? own[name] ?? ''

const shown = (name: string, chosen: Readonly<Record<string, string>> = {}) => {
  const { status, headers, body } = renderTemplate(file(name), withChosen(chosen))
  return {
    code: status?.code,
    location: headers.get('location')?.[1] ?? '',
    cache: headers.get('cache-control')?.[1],
    body,
  }
}

test('they are those that the script of the desk has a router fetch', () => {
  expect(new Set(files.keys())).toEqual(new Set(hotspotFiles))
})

test('the login page leads to the portal with what the router knows, as it prints it', () => {
  const { code, location, cache, body } = shown('login.html', {
    mac: 'AE:00:00:00:00:01',
    ip: '10.30.0.9',
    'link-orig': 'http://example.test/?a=b c',
    'server-name': 'hotspot 1',
  })
  expect([code, cache]).toEqual([302, 'no-store'])
  const url = new URL(location)
  expect(`${url.origin}${url.pathname}`).toBe(`${origin}/`)
  expect(Object.fromEntries(url.searchParams)).toEqual({
    mac: 'AE:00:00:00:00:01',
    ip: '10.30.0.9',
    'link-login-only': 'http://10.30.0.1/login',
    identity: '',
    'interface-name': '',
    'server-name': 'hotspot 1',
    'link-orig': 'http://example.test/?a=b c',
    'chap-id': '\\371',
    'chap-challenge': '\\357\\015\\330',
    error: '',
  })
  // Without a redirect the page itself leads there, and a link does.
  const attribute = location.replaceAll('&', '&amp;')
  expect(body).toContain(`<meta http-equiv="refresh" content="0; url=${attribute}">`)
  expect(body).toContain(`<a href="${attribute}">`)
})

test('who asks for another page comes to the login page, which makes the challenge', () => {
  expect(shown('rlogin.html', { 'link-orig': 'http://example.test/a' }).location).toBe(
    'http://10.30.0.1/login?dst=http%3A%2F%2Fexample.test%2Fa',
  )
  expect(shown('logout.html').location).toBe('http://10.30.0.1/login')
})

test('who is online is led to the portal, which is told where they wanted to go', () => {
  const { location } = shown('alogin.html', { 'link-redirect': `${origin}/s/ticket?g=x` })
  const { searchParams } = new URL(location)
  expect([searchParams.get('logged-in'), searchParams.get('link-orig')]).toEqual(['yes', `${origin}/s/ticket?g=x`])
  for (const name of ['status.html', 'rstatus.html'])
    expect(new URL(shown(name).location).searchParams.get('logged-in')).toBe('yes')
})

/** All that somebody at a browser can choose: by an address, a form, the name of their device, or a link to it. */
const choosable = [
  'mac',
  'ip',
  'host-ip',
  'link-orig',
  'link-redirect',
  'link-login',
  'username',
  'error',
  'error-orig',
  'domain',
  'var',
]
const hostile = fc.oneof(
  fc.string({ unit: 'binary-ascii' }),
  fc.constantFrom(
    '"><script>alert(1)</script>',
    '\r\nSet-Cookie: a=b',
    'javascript:alert(1)',
    `' onclick='x`,
    '$(mac)',
    '&amp;"',
  ),
)

test.each(pages)('%s: nothing that a browser has chosen gets out of its place', (name) => {
  const plain = shown(name)
  const shape = (page: string) => page.replaceAll(/=[\w.%+-]*(?=&amp;|")/g, '=')
  fc.assert(
    fc.property(fc.record(Object.fromEntries(choosable.map((each) => [each, hostile]))), (chosen) => {
      const { code, location, cache, body } = shown(name, chosen)
      expect([code, cache]).toEqual([plain.code, plain.cache])
      expect(location).toMatch(/^http:\/\/[\w.:/?&%=+-]+$/)
      expect(new URL(location).origin).toBe(new URL(plain.location).origin)
      expect([...new URL(location).searchParams.keys()]).toEqual([...new URL(plain.location).searchParams.keys()])
      expect(shape(body)).toBe(shape(plain.body))
    }),
  )
})

test.each(pages)('%s is small, and has no script', (name) => {
  expect(file(name).length).toBeLessThan(2000)
  expect(file(name)).not.toMatch(/<script|javascript|\son\w+=/i)
})

test('the answer for systems that ask is JSON, before and after', () => {
  const api = (values: Readonly<Record<string, string>>) =>
    JSON.parse(renderTemplate(file('api.json'), withChosen(values)).body) as unknown
  expect(api({})).toEqual({ captive: true, 'user-portal-url': own['link-login-only'], 'can-extend-session': true })
  expect(api({ 'logged-in': 'yes', 'session-timeout-secs': '60', 'remain-bytes-total': '5000' })).toEqual({
    captive: false,
    'user-portal-url': own['link-login-only'],
    'seconds-remaining': 60,
    'bytes-remaining': 5000,
    'can-extend-session': true,
  })
})

test('what the router says by itself has a name, and what the box says goes through', () => {
  const lines = file('errors.txt').trim().split('\n')
  expect(lines).toContain('radius-timeout = radius-timeout')
  expect(lines.at(-1)).toBe('radius-reply = $(error-orig)')
})

test.each(['http://a/', 'http://a" x=', 'javascript:x', 'http://a$(mac)', ''])('%j is no origin', (text) => {
  expect(() => mikrotikFiles(text)).toThrow(RangeError)
})
