import { expect, test } from 'vitest'
import {
  codes,
  encodeNamed,
  encodeRequest,
  parsePacket,
  prepareSecret,
  type NamedAttributes,
  type Packet,
} from '@lango/drivers/radius'
import { fakeClock } from '@lango/kernel/testing'
import { AdminDoor, isTerminalLogin } from './admin-login.ts'
import type { AdminQuestion } from './control-link.ts'
import type { Request } from './login-handler.ts'

const secret = prepareSecret(Buffer.from('a-secret-of-the-router'))
const packetOf = (attributes: NamedAttributes, messageAuthenticator = false): Packet => {
  const requestAuthenticator = Buffer.alloc(16, 7)
  const request = { code: codes.accessRequest, id: 1, secret, requestAuthenticator, messageAuthenticator }
  return parsePacket(encodeRequest({ ...request, attributes: encodeNamed(attributes) })) as Packet
}

const MAC = 'AA-00-00-00-00-01'

test.each<[string, NamedAttributes]>([
  ['Administrative', { 'Service-Type': 6 }],
  ['NAS Prompt, whatever else it carries', { 'Service-Type': 7, 'Acct-Session-Id': 's', 'NAS-Port-Type': 19 }],
  ['NAS Prompt with a call back', { 'Service-Type': 9 }],
  ['Administrative with a call back', { 'Service-Type': 11 }],
  ['RouterOS: Login from an address', { 'Service-Type': 1, 'Calling-Station-Id': '10.0.0.5' }],
  ['RouterOS over IPv6', { 'Service-Type': 1, 'Calling-Station-Id': '2001:db8::5', 'Acct-Session-Id': '81' }],
  ['RouterOS: Login from a device in the same network', { 'Service-Type': 1, 'Calling-Station-Id': MAC }],
  ['IOS: Login on a virtual line', { 'Service-Type': 1, 'NAS-Port-Type': 5, 'Acct-Session-Id': '0000002A' }],
  ['IOS: Login on the console', { 'Service-Type': 1, 'NAS-Port-Type': 0, 'Calling-Station-Id': 'async' }],
  ['Login and nothing more', { 'Service-Type': 1 }],
])('%s asks for a terminal', (_what, attributes) => {
  expect(isTerminalLogin(packetOf(attributes))).toBe(true)
})

test.each<[string, NamedAttributes]>([
  ['a login without Service-Type', { 'Calling-Station-Id': '10.0.0.5' }],
  ['PPPoE', { 'Service-Type': 2, 'NAS-Port-Type': 15 }],
  ['a device the router vouches for', { 'Service-Type': 10 }],
  ['a guest of a radio', { 'Service-Type': 1, 'NAS-Port-Type': 19, 'Calling-Station-Id': MAC }],
  ['a guest with a session', { 'Service-Type': 1, 'Acct-Session-Id': '3f', 'Calling-Station-Id': MAC }],
  ['a guest with an address', { 'Service-Type': 1, 'Framed-IP-Address': '10.5.0.9', 'Calling-Station-Id': MAC }],
])('%s is a subscriber’s', (_what, attributes) => {
  expect(isTerminalLogin(packetOf(attributes))).toBe(false)
})

const door = () => {
  const clock = fakeClock()
  const asked: AdminQuestion[] = []
  const admin = new AdminDoor({
    monotonicMs: clock.monotonicMs,
    ask: (question) => {
      asked.push(question)
      return Promise.resolve({ kind: 'admitted', rights: 'full' })
    },
  })
  const enter = (
    name: string,
    {
      on = true,
      signed = true,
      transport = 'udp',
      method = 'pap',
      no = 1,
    }: { on?: boolean; signed?: boolean; transport?: 'udp' | 'tls'; method?: 'pap' | 'unknown'; no?: number } = {},
  ) => {
    const attributes: NamedAttributes = { 'Service-Type': 7, 'Calling-Station-Id': '10.0.0.5' }
    const packet = packetOf(attributes, signed)
    const client = { data: { no, name: 'tower', adminLogins: on } }
    const proof = method === 'pap' ? { method, password: Buffer.from('pässword') } : { method }
    // The door reads nothing else of a request.
    return admin.enter({ packet, client, transport } as unknown as Request, proof, name)
  }
  return { enter, asked, clock }
}

test('what could be right is asked, with the name as staff logins are spelt', async () => {
  const { enter, asked } = door()
  expect(await enter(' Wanjiru ')).toEqual({ kind: 'admitted', rights: 'full' })
  expect(asked).toEqual([
    { kind: 'admin-login', login: 'wanjiru', password: 'pässword', routerName: 'tower', from: '10.0.0.5' },
  ])
  expect(await enter('wanjiru', { signed: false, transport: 'tls' })).toMatchObject({ kind: 'admitted' })
})

test.each([
  ['admin-off', 'wanjiru', { on: false }],
  ['admin-unsigned', 'wanjiru', { signed: false }],
  ['admin-pap-only', 'wanjiru', { method: 'unknown' }],
  ['admin-unknown', 'AA:00:00:00:00:01', {}],
  ['admin-unknown', '', {}],
] as const)('%s: nobody is asked', async (reason, name, options) => {
  const { enter, asked } = door()
  expect(await enter(name, options)).toEqual({ kind: 'refused', reason })
  expect(asked).toEqual([])
})

test('a flood at one router is held there, one at many in all, and it passes', async () => {
  const { enter, asked, clock } = door()
  for (let tries = 0; tries < 10; tries++) await enter('wanjiru')
  expect(await enter('wanjiru')).toEqual({ kind: 'refused', reason: 'admin-too-many' })
  for (let no = 2; no <= 11; no++) expect(await enter('wanjiru', { no })).toMatchObject({ kind: 'admitted' })
  expect(await enter('wanjiru', { no: 12 })).toEqual({ kind: 'refused', reason: 'admin-too-many' })
  expect(asked).toHaveLength(20)
  clock.advance(2000)
  expect(await enter('wanjiru')).toMatchObject({ kind: 'admitted' })
})
