import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  loginAddress,
  loginLink,
  logoutLink,
  noPlace,
  placeFromRouter,
  readPlace,
  writePlace,
  type Place,
} from './hand-off.ts'

const fromRouter = (query: Record<string, string>) => placeFromRouter(`?${new URLSearchParams(query)}`, [])

test('what a router tells is kept through the pages', () => {
  const place = fromRouter({
    mac: '02-ab-00-00-00-01',
    'link-login-only': 'http://10.5.50.1/login',
    'chap-id': '\\371',
    'chap-challenge': '\\001\\377abc\\\\',
    identity: 'Kisumu tower',
  })
  expect(place).toEqual({
    mac: '02:AB:00:00:00:01',
    login: 'http://10.5.50.1/login',
    chapId: 'f9',
    chapChallenge: '01ff6162635c',
    lang: '',
    router: 'Kisumu tower',
  })
  expect(readPlace(writePlace(place), [])).toEqual(place)
  expect(writePlace(noPlace)).toBe('')
})

test('a router that escapes the octets of a challenge is read as one that prints them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (id, octets) => {
      // Sixteen letters would be ones that were printed: of random octets that happens once in ten million times.
      fc.pre(octets.some((octet) => octet < 0x20 || octet > 0x7e))
      const hex = (all: Iterable<number>) => [...all].map((octet) => octet.toString(16).padStart(2, '0'))
      const escaped = (all: Iterable<number>) =>
        hex(all)
          .map((octet) => `%${octet}`)
          .join('')
      const printed = (all: Iterable<number>) =>
        [...all].map((octet) => `%5C${octet.toString(8).padStart(3, '0')}`).join('')
      for (const write of [escaped, printed]) {
        const place = placeFromRouter(`?mac=x&chap-id=${write([id])}&chap-challenge=${write(octets)}`, [])
        expect([place.chapId, place.chapChallenge]).toEqual([hex([id]).join(''), hex(octets).join('')])
      }
    }),
  )
})

test.each([
  ['http://10.5.50.1/login', 'http://10.5.50.1/login'],
  ['http://192.168.88.1:8080/login?x=1', 'http://192.168.88.1:8080/login'],
  ['https://100.64.0.1/login', 'https://100.64.0.1/login'],
])('%s is a login page', (text, address) => {
  expect(loginAddress(text, [])).toBe(address)
})

test.each([
  'http://evil.example/login',
  'http://8.8.8.8/login',
  'http://172.32.0.1/login',
  'http://100.128.0.1/login',
  'http://10.5.50.1@evil.example/login',
  'http://10.5.50.1.evil.example/login',
  'http://user:pass@10.5.50.1/login',
  'javascript:alert(1)//10.5.50.1/login',
  '//10.5.50.1/login',
  'http://10.5.50.1/elsewhere',
  'http://[fd00::1]/login',
  `http://10.5.50.1/${'a'.repeat(600)}/login`,
  '',
])('nobody is sent to %s', (text) => {
  expect(loginAddress(text, [])).toBe('')
  expect(readPlace(Buffer.from(`login=${encodeURIComponent(text)}`).toString('base64url'), []).login).toBe('')
})

test('login pages with a name are those that are listed', () => {
  expect(loginAddress('http://HS.estate.lan/login', ['hs.estate.lan'])).toBe('http://hs.estate.lan/login')
  expect(loginAddress('http://10.5.50.1/login', ['hs.estate.lan'])).toBe('')
})

const chapPlace: Place = { ...noPlace, login: 'http://10.5.50.1/login', chapId: 'f9', chapChallenge: '01ff6162635c' }

test('CHAP answers as the router’s own page does, and never tells the code', () => {
  const link = new URL(loginLink(chapPlace, { login: 'P2345', password: 'P2345' }, 'http://192.168.88.10/s/t'))
  const octets = Buffer.concat([
    Buffer.from([0xf9]),
    Buffer.from('P2345'),
    Buffer.from([0x01, 0xff, 0x61, 0x62, 0x63, 0x5c]),
  ])
  expect(link.searchParams.get('password')).toBe(createHash('md5').update(octets).digest('hex'))
  expect(link.searchParams.get('username')).toBe('P2345')
  expect(link.searchParams.get('dst')).toBe('http://192.168.88.10/s/t')
})

test('PAP tells it, where the router gives no challenge', () => {
  const place = { ...noPlace, login: 'http://10.5.50.1/login' }
  const link = new URL(loginLink(place, { login: 'P2345', password: 'P2345' }, '/'))
  expect(link.searchParams.get('password')).toBe('P2345')
  expect(logoutLink(place)).toBe('http://10.5.50.1/logout?erase-cookie=true')
})

test('whatever stands in the address, a place comes of it that leads nowhere strange', () => {
  const allowed = /^$|^https?:\/\/(?:10\.|127\.|192\.168\.|172\.|100\.)[\d.:]+\/(?:[^?#]*\/)?login$/
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.base64String()), fc.webUrl(), (text, url) => {
      for (const place of [
        readPlace(text, []),
        fromRouter({ 'link-login-only': text, mac: text }),
        fromRouter({ 'link-login': url }),
      ]) {
        expect(place.login).toMatch(allowed)
        expect(place.mac).toMatch(/^$|^([0-9A-F]{2}:){5}[0-9A-F]{2}$/)
        expect(readPlace(writePlace(place), [])).toEqual(place)
      }
    }),
    { numRuns: 50 },
  )
})
