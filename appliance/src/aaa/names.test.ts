import { expect, test } from 'vitest'
import { candidatesOf, realmOf } from './names.ts'

test.each([
  ['alice@isp.example', 'isp.example'],
  ['alice@ISP.Example', 'isp.example'],
  ['a@b@c', 'c'],
  ['a@@c', 'c'],
  ['alice@__proto__', '__proto__'],
  ['__proto__', undefined],
  ['alice', undefined],
  ['', undefined],
  ['@', undefined],
  ['@isp', undefined],
  ['alice@', undefined],
])('the realm of %j is %j', (userName, realm) => {
  expect(realmOf(userName)).toBe(realm)
})

test('a router without a realm takes every name as it is', () => {
  for (const userName of ['alice', 'alice@isp', 'a@b@c', '@', '', '__proto__', 'alice\0'])
    expect(candidatesOf(userName, undefined)).toEqual({
      kind: 'logins',
      logins: [userName],
      realm: realmOf(userName),
    })
})

test('at a router with a realm a bare name is first the realm’s own, then a subscriber without a realm', () => {
  expect(candidatesOf('alice', 'isp')).toEqual({ kind: 'logins', logins: ['alice@isp', 'alice'], realm: 'isp' })
  expect(candidatesOf('__proto__', 'isp')).toMatchObject({ logins: ['__proto__@isp', '__proto__'] })
})

test('a name of the router’s own realm, in any case, is looked for with and without it', () => {
  expect(candidatesOf('alice@isp', 'isp')).toEqual({ kind: 'logins', logins: ['alice@isp', 'alice'], realm: 'isp' })
  expect(candidatesOf('alice@Isp', 'ISP')).toEqual({ kind: 'logins', logins: ['alice@Isp', 'alice'], realm: 'isp' })
})

test.each(['alice@other', 'alice@isp@other', 'alice@__proto__', 'alice@isp\0'])(
  'another realm’s name is foreign and looked for nowhere: %j',
  (userName) => {
    expect(candidatesOf(userName, 'isp')).toEqual({ kind: 'foreign', realm: realmOf(userName) })
  },
)

test.each(['alice@', '@isp', '@', ''])('an empty part makes no realm: %j is a bare name', (userName) => {
  expect(candidatesOf(userName, 'isp')).toEqual({
    kind: 'logins',
    logins: [`${userName}@isp`, userName],
    realm: 'isp',
  })
})
