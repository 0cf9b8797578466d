import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  codes,
  decodeAll,
  encodeNamed,
  encodeReply,
  encodeRequest,
  parsePacket,
  prepareSecret,
  type AttributeWriter,
  type NamedAttributes,
  type Packet,
} from '@lango/drivers/radius'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase, openRaw } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { Calendar, access, firstUse } from '@lango/modules/access'
import { addBypasses, bypass, removeBypass, setBypass } from '@lango/modules/bypass'
import { addRouter, network } from '@lango/modules/network'
import { people } from '@lango/modules/people'
import { addPlan, plans } from '@lango/modules/plans'
import { sessions } from '@lango/modules/sessions'
import { makeVouchers, openBatch, revokeVouchers, vouchers } from '@lango/modules/vouchers'
import type { Decision } from './decision-log.ts'
import { Gate } from './gate.ts'
import { LoginHandler } from './login-handler.ts'
import { createReaders } from './readers.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { SlotTable, slotTableBytes } from './slots.ts'

const secret = prepareSecret(Buffer.from('a-secret-of-the-router'))
const TV = '8A:B3:A0:EB:D5:E7'
const HOUR_MS = 3_600_000

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

type Answer = { readonly accepted: boolean; readonly values: Record<string, unknown> }

/** A hotspot of RouterOS that asks for devices by their address, at a box with a site. */
const hotspot = () => {
  const folder = mkdtempSync(join(tmpdir(), 'devices-'))
  const file = join(folder, 'site.db')
  const site = memorySite([people, network, access, plans, vouchers, bypass], { file })
  const read = orThrow(openRaw({ file, readonly: true }))
  ending.push(
    () => read.close(),
    () => site.database.close(),
    () => rmSync(folder, { recursive: true, force: true }),
  )
  const records = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(records, { version: 1, tables, changeLog: false }))
  const { clock, vault, log, must } = site
  for (const [at, name] of ['tower', 'mast'].entries())
    must(addRouter, { name, address: `10.0.0.${at + 1}`, secret: 'a-secret-of-the-router' })
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const readers = createReaders(read, records.raw, state, new Calendar('Africa/Nairobi'))
  const gate = new Gate({ readers, vault, slots: new SlotTable(new SharedArrayBuffer(slotTableBytes)), clock, log })
  const decisions: Decision[] = []
  const wrong: unknown[] = []
  let salt = 0
  const handler = new LoginHandler({
    gate,
    clock,
    log,
    state,
    randomSalt: () => ++salt,
    eap: () => Promise.reject(new Error('no EAP here')),
    findStation: () => Promise.reject(new Error('no Wi-Fi here')),
    admin: { enter: () => Promise.reject(new Error('no staff here')) },
    proxy: () => false,
    firstUse: (grant, device, { policy: { deviceLimit } }) =>
      Promise.resolve(site.dispatch(firstUse, { grantId: grant.id, device, bind: false, deviceLimit }).ok),
    decided(decision, wrongPasswordAt) {
      decisions.push(decision)
      if (wrongPasswordAt !== undefined) wrong.push(wrongPasswordAt)
    },
  })
  const ask = async (named: NamedAttributes, router = 1): Promise<Answer> => {
    await new Promise((resolve) => setImmediate(resolve))
    const requestAuthenticator = Buffer.from(site.random.bytes(16))
    const packet = parsePacket(
      encodeRequest({
        code: codes.accessRequest,
        id: 7,
        secret,
        requestAuthenticator,
        messageAuthenticator: true,
        attributes: encodeNamed(named, { secret, requestAuthenticator, version: 'radius/1.0', salt: () => ++salt }),
      }),
    ) as Packet
    return new Promise((resolve, reject) => {
      const answer = (code: number, given: Buffer | AttributeWriter): void => {
        const reply = { code, request: packet, secret, attributes: Buffer.isBuffer(given) ? given : given.bytes }
        const octets = parsePacket(encodeReply(reply)) as Packet
        const decoded = decodeAll(octets, { secret, requestAuthenticator, version: 'radius/1.0' })
        const values = Object.fromEntries(decoded.map(({ name, value }) => [name, value]))
        resolve({ accepted: code === codes.accessAccept, values })
      }
      const data = {
        no: router,
        name: 'r',
        vendor: 'mikrotik',
        realm: undefined,
        swapsOctets: false,
        adminLogins: false,
      }
      handler.handle({
        packet,
        client: {
          secret,
          requireMessageAuthenticator: 'no',
          limitProxyState: 'no',
          learned: {} as never,
          data: data as never,
        },
        address: '127.0.0.1',
        port: 1,
        transport: 'udp',
        version: 'radius/1.0',
        answer,
        respond: () => reject(new Error('not here')),
        ignore: () => reject(new Error('ignored')),
      })
    })
  }
  /** mac-auth-mode=mac-as-username-and-password. */
  const byAddress = (device: string, router?: number) =>
    ask({ 'User-Name': device, 'User-Password': device, 'Calling-Station-Id': device, 'NAS-Port-Type': 19 }, router)
  return { ...site, state, ask, byAddress, decisions, wrong }
}

const deviceNo = (n: number): string =>
  `02:00:${[n >> 24, n >> 16, n >> 8, n].map((part) => (part & 255).toString(16).padStart(2, '0').toUpperCase()).join(':')}`

test('a device on the list is online by its address, under its name, as fast as its plan says', async () => {
  const { must, byAddress, decisions } = hotspot()
  must(addPlan, { name: 'Screen', kind: 'mac', policy: { downKbps: 8000, upKbps: 2000 } })
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: '8ab3a0ebd5e7' }], plan: 'Screen' })
  expect(await byAddress(TV)).toMatchObject({ accepted: true, values: { 'Mikrotik-Rate-Limit': '2M/8M' } })
  expect(decisions).toMatchObject([{ outcome: 'accept', method: 'mac', login: 'Lobby TV', device: TV }])
})

test('its name is no login for anybody', async () => {
  const { must, ask } = hotspot()
  must(addBypasses, { devices: [{ name: 'Lobby TV', mac: TV }] })
  for (const password of ['', 'Lobby TV', TV])
    expect(await ask({ 'User-Name': 'Lobby TV', 'User-Password': password, 'Calling-Station-Id': TV })).toMatchObject({
      accepted: false,
    })
})

test('it is good at its routers alone, until its day, and no longer when it is taken off', async () => {
  const { must, byAddress, clock, decisions } = hotspot()
  const untilAt = clock.now() + HOUR_MS
  must(addBypasses, { devices: [{ name: 'Till', mac: TV }], routers: ['mast'], untilAt })
  expect(await byAddress(TV, 1)).toMatchObject({ accepted: false })
  expect(decisions.at(-1)).toMatchObject({ reason: 'other-router', login: 'Till' })
  expect(await byAddress(TV, 2)).toMatchObject({ accepted: true, values: { 'Session-Timeout': 3600 } })
  must(setBypass, { mac: TV, routers: [] })
  expect(await byAddress(TV, 1)).toMatchObject({ accepted: true })
  clock.advance(HOUR_MS)
  expect(await byAddress(TV, 1)).toMatchObject({ accepted: false })
  must(setBypass, { mac: TV, untilAt: null })
  expect(await byAddress(TV, 1)).toMatchObject({ accepted: true })
  must(removeBypass, { mac: TV })
  expect(await byAddress(TV, 1)).toMatchObject({ accepted: false })
})

test('every phone that joins is asked for: it is refused without a word, is nobody’s guess, and fills no log', async () => {
  const { byAddress, decisions, wrong, state, clock, must, ask } = hotspot()
  const device = deviceNo(7)
  for (let times = 0; times < 50; times++) {
    const { accepted, values } = await byAddress(device)
    expect([accepted, values['Reply-Message']]).toEqual([false, undefined])
  }
  expect(decisions).toMatchObject([{ outcome: 'reject', reason: 'unknown-device', method: 'mac', device }])
  expect(state.read('rejects')).toBe(50)
  clock.advance(HOUR_MS)
  await byAddress(device)
  expect(decisions).toHaveLength(2)
  // A whole stadium: some lines, and then no more.
  for (let n = 100; n < 1100; n++) await byAddress(deviceNo(n))
  expect(decisions.length).toBeLessThan(100)
  expect(wrong).toEqual([])
  // And the code that its owner then types is still taken.
  must(addPlan, { name: 'Day', kind: 'hotspot', policy: {}, validitySec: 86_400 })
  must(openBatch, { plan: 'Day', count: 1 })
  const [code = ''] = must(makeVouchers, { batch: 1 }).codes
  const login = { 'User-Name': code, 'User-Password': code, 'Calling-Station-Id': device }
  expect(await ask(login)).toMatchObject({ accepted: true })
})

test('a cookie of the router logs in with what it was made with: what is over comes back by none', async () => {
  const { ask, must, clock } = hotspot()
  must(addPlan, { name: 'Hour', kind: 'hotspot', policy: {}, validitySec: 3600 })
  must(openBatch, { plan: 'Hour', count: 2 })
  const [expired = '', revoked = ''] = must(makeVouchers, { batch: 1 }).codes
  const cookie = (code: string) => ({ 'User-Name': code, 'User-Password': code, 'Calling-Station-Id': deviceNo(9) })
  for (const code of [expired, revoked]) expect(await ask(cookie(code))).toMatchObject({ accepted: true })
  must(revokeVouchers, { code: revoked })
  expect(await ask(cookie(revoked))).toMatchObject({ accepted: false })
  clock.advance(HOUR_MS + 1)
  expect(await ask(cookie(expired))).toMatchObject({ accepted: false })
})
