import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  ethernet,
  icmpv6,
  ip6,
  IPV6,
  ipv6,
  neighborAdvert,
  protocols,
  routerAdvert,
  udp6,
  type Card,
} from './gateway/card.ts'
import { COA_PORT, createHotspot, portalApi, secret, soon, type Gateway, type Hotspot } from './gateway/hotspot.ts'
import { GARDEN_NAME, GATEWAY, INTERNET, INTERNET_V6, phoneMac, ROUTED, type Agent, type Lab } from './gateway/lab.ts'
import { suite } from './peer.ts'

// Phones that make their own addresses, as phones do: by router advertisements, and private ones besides.

const BOX_V6 = `${ROUTED}1`
const UPLINK_V6 = 'fd00:99::2'
const API_OPTION = { dhcp: 103, advertised: 37 } as const
const ROUTER_LIFETIME_SEC = 1800
const HOP_LIMIT = 64
/** The flag O: DHCPv6 has more to tell. */
const OTHER_CONFIGURATION = 0x40
const icmpTypes = { routerSolicitation: 133, routerAdvertisement: 134 } as const
const LOCAL_PREFIX = 'fd00:40::'
const EVERYBODY = { mac: '33:33:00:00:00:01', ip: 'ff02::1' }

suite('gateway and IPv6', () => {
  let hotspot: Hotspot
  let lab: Lab
  let gateway: Gateway
  let outside: Card
  let thief: Card
  let boxMac: string

  beforeAll(async () => {
    hotspot = await createHotspot({ hasStaticIpv6: false })
    lab = hotspot.lab
    gateway = await lab.gateway([...hotspot.args, '--prefix6', `${ROUTED}/64`])
    boxMac = (await lab.inside('box', 'cat', '/sys/class/net/br0/address')).trim()
    outside = await lab.card('internet', 'eth0')
    thief = await lab.card('phone2', 'wlan0')
  })
  afterEach(async () => {
    await lab.phone2.http(`http://${GATEWAY}/logout`)
    await hotspot.logout(lab.phone1)
  })
  afterAll(() => hotspot.remove())

  type Told = { addr_info: { local: string; scope: string; tentative?: boolean }[] }[]
  const addresses = async (phone: string, prefix = ROUTED): Promise<string[]> => {
    const told = JSON.parse(await lab.inside(phone, 'ip', '-6', '-j', 'address', 'show', 'dev', 'wlan0')) as Told
    const all = told.flatMap(({ addr_info }) => addr_info ?? []).filter(({ tentative }) => tentative !== true)
    return all.map(({ local }) => local).filter((address) => address.startsWith(prefix.replace('::', ':')))
  }
  const anAddress = async (phone: string, prefix = ROUTED): Promise<string> => {
    await expect.poll(() => addresses(phone, prefix), soon).not.toEqual([])
    return (await addresses(phone, prefix))[0]!
  }
  const page6 = (phone: Agent, from?: string) =>
    phone.http(`http://[${INTERNET_V6}]/page`, { waitMs: 1500, ...(from ? { from } : {}) })
  /** A new address is known within a second. */
  const isOnline6 = (phone: Agent, from?: string) =>
    expect.poll(() => page6(phone, from), soon).toMatchObject({ status: 200 })
  const datagram = (ips: { from: string; to: string }, text: string, macs: { from: string; to: string }) =>
    ethernet(macs, IPV6, ipv6(ips, protocols.udp, udp6(ips, { from: 5000, to: 7 }, text)))
  const known = async (set: string): Promise<number> =>
    (await lab.inside('box', 'nft', 'list', 'set', 'inet', 'lango', set)).match(/2001:db8:40:/g)?.length ?? 0

  describe('before login', () => {
    test('a phone makes an address, has one way out, and takes nobody else for a neighbour', async () => {
      for (const phone of ['phone1', 'phone2']) await anAddress(phone)
      const routes = await lab.inside('phone1', 'ip', '-6', 'route')
      expect(routes).toMatch(/default via fe80::/)
      expect(routes).not.toContain(`${ROUTED}/64`)
    })

    test('nothing passes, and what a browser would wait for fails at once', async () => {
      expect(await lab.phone1.tcp(INTERNET_V6, 80)).toBe('ECONNREFUSED')
      expect(await lab.phone1.udp(INTERNET_V6, 443)).toBe('ECONNREFUSED')
      expect(await lab.phone1.udp(INTERNET_V6, 7, 'leaked')).toBe('silence')
      for (const host of [INTERNET_V6, BOX_V6])
        expect(await lab.tryInside('phone1', '', 'ping', '-c', '1', '-W', '1', '-p', 'fade', host)).toMatchObject({
          code: 1,
        })
      for (const port of [22, 53, 80, 5300]) expect(await lab.phone1.tcp(BOX_V6, port)).toBe('ECONNREFUSED')
      expect(await lab.phone1.udp(BOX_V6, 5300)).toBe('silence')
      for (const text of ['leaked', Buffer.from('fadefade', 'hex')]) expect(await outside.heard(text)).toBe(0)
    })

    test('names have no address of IPv6 and no other records, which is said at once', async () => {
      for (const type of ['AAAA', 'HTTPS', 'TXT', 'NULL'] as const)
        expect(await lab.phone1.resolve(GATEWAY, 'news.example', type)).toBe('none')
      expect(await lab.phone1.resolve(GATEWAY, GARDEN_NAME, 'AAAA')).toBe('none')
      expect(await lab.phone1.resolve(GATEWAY, 'news.example')).toBe(GATEWAY)
    })

    test('DHCPv6 tells the portal’s API', async () => {
      expect(await lab.phone1.ask('dhcp6', { device: 'wlan0', option: API_OPTION.dhcp })).toEqual({
        outcome: portalApi,
      })
    })

    test('so do router advertisements to whoever asks for them, which agree with each other on all else', async () => {
      const ips = { from: 'fe80::fade', to: 'ff02::2' }
      const asks = icmpv6(ips, icmpTypes.routerSolicitation, Buffer.alloc(4))
      const frame = ethernet({ from: phoneMac(2), to: '33:33:00:00:00:02' }, IPV6, ipv6(ips, protocols.icmpv6, asks))
      const tells = Buffer.from(portalApi, 'ascii')
      const option = Buffer.concat([Buffer.of(API_OPTION.advertised, Math.ceil((2 + tells.length) / 8)), tells])
      const before = await thief.heard(option)
      await thief.send(frame)
      await expect.poll(() => thief.heard(option), soon).toBeGreaterThan(before)
      // Of either kind, all that were heard say the same; one may come between two questions, so both are asked again.
      const alike = [OTHER_CONFIGURATION, ROUTER_LIFETIME_SEC >> 8, ROUTER_LIFETIME_SEC & 0xff]
      // Type 3, of 32 octets, for a prefix of 64 bits, flag A alone.
      const prefixOption = Buffer.of(3, 4, 64, 0x40, 0, 0, ROUTER_LIFETIME_SEC >> 8, ROUTER_LIFETIME_SEC & 0xff)
      const heads = { prefix: Buffer.of(HOP_LIMIT, ...alike), api: Buffer.of(0, ...alike) }
      const tally = async () => [await thief.heard(heads.prefix), await thief.heard(heads.api)] as const
      // Both have the prefix, so that it does not matter which one a phone hears first.
      const isAlike = async () => {
        const [plain, withApi] = await tally()
        return isDeepStrictEqual(
          [plain + withApi, withApi],
          [await thief.heard(prefixOption), await thief.heard(option)],
        )
      }
      await expect.poll(isAlike, soon).toBe(true)
      expect(Math.min(...(await tally()))).toBeGreaterThan(0)
    })
  })

  describe('a phone that is in', () => {
    test('has IPv6 by the same login, with its own address, and loses it with the login', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await isOnline6(lab.phone1)
      const own = await anAddress('phone1')
      expect(JSON.parse((await page6(lab.phone1)).body!)).toMatchObject({ from: own })
      expect(await lab.phone1.udp(INTERNET_V6, 7)).toBe('reply')
      expect(await page6(lab.phone2)).toEqual({ error: 'ECONNREFUSED' })
      const inside = await lab.card('box', 'lo')
      await hotspot.logout(lab.phone1)
      expect(await page6(lab.phone1)).toEqual({ error: 'ECONNREFUSED' })
      // Framed-IPv6-Address (RFC 6911), in the Stop.
      expect(await inside.heard(Buffer.concat([Buffer.of(168, 18), ip6(own)]))).toBeGreaterThan(0)
    })

    test('may have several addresses, and no more than so many', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      const own = Array.from({ length: 20 }, (_, n) => `${ROUTED}a${n}`)
      for (const address of own)
        await lab.inside('phone1', 'ip', 'address', 'add', `${address}/128`, 'dev', 'wlan0', 'nodad')
      await Promise.all(own.map((address) => isOnline6(lab.phone1, address)))
      await expect.poll(() => known('online6'), soon).toBe(16)
      await lab.inside('phone1', 'ip', '-6', 'address', 'flush', 'dev', 'wlan0', 'scope', 'global', 'permanent')
      await hotspot.logout(lab.phone1)
      expect(await known('online6')).toBe(0)
    })

    test('is the only one by its address: who copies it sends nothing and is sent nothing', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await hotspot.login(lab.phone2, await hotspot.voucher('Day'))
      const [own, theirs] = [await anAddress('phone1'), await anAddress('phone2')]
      await isOnline6(lab.phone1)
      await isOnline6(lab.phone2)
      const macs = { from: phoneMac(2), to: boxMac }
      await thief.send(datagram({ from: theirs, to: INTERNET_V6 }, 'honest', macs))
      for (let n = 0; n < 5; n++) await thief.send(datagram({ from: own, to: INTERNET_V6 }, 'stolen', macs))
      // “Their address is at my card”, to the box itself.
      const claim = neighborAdvert(macs, { from: own, to: BOX_V6 }, own)
      for (let n = 0; n < 5; n++) {
        await thief.send(claim)
        expect(await page6(lab.phone1)).toMatchObject({ status: 200 })
      }
      await lab.phone1.udp(INTERNET_V6, 7, 'for one alone')
      expect(await outside.heard('honest')).toBeGreaterThan(0)
      expect(await outside.heard('stolen')).toBe(0)
      expect(await outside.heard('for one alone')).toBe(1)
      expect(await thief.heard('for one alone')).toBe(0)
    })

    test('sees no other phone: not by its address, nor what it says to everybody', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await hotspot.login(lab.phone2, await hotspot.voucher('Day'))
      const [own, theirs] = [await anAddress('phone1'), await anAddress('phone2')]
      await isOnline6(lab.phone1)
      await isOnline6(lab.phone2)
      expect(await lab.phone1.tcp(theirs, 80)).not.toBe('open')
      const ips = { from: theirs, to: own }
      await thief.send(datagram(ips, 'neighbour', { from: phoneMac(2), to: boxMac }))
      await thief.send(datagram(ips, 'neighbour', { from: phoneMac(2), to: phoneMac(1) }))
      const victim = await lab.card('phone1', 'wlan0')
      const macs = { from: phoneMac(2), to: EVERYBODY.mac }
      await thief.send(routerAdvert(macs, { from: 'fe80::bad', to: EVERYBODY.ip }, '2001:db8:bad::'))
      await lab.phone1.udp(INTERNET_V6, 7, 'after all that')
      expect(await victim.heard('after all that')).toBe(1)
      expect(await victim.heard('neighbour')).toBe(0)
      expect(await victim.heard(Buffer.from('20010db80bad', 'hex'))).toBe(0)
      for (const who of ['phone1', 'box']) expect(await lab.inside(who, 'ip', '-6', 'route')).not.toContain('fe80::bad')
      expect(await lab.inside('box', 'ip', '-6', 'address')).not.toContain('db8:bad')
    })

    test('has one speed for both families together', async () => {
      await hotspot.plan('Slow', '--valid', '1d', '--down-kbps', '4000', '--up-kbps', '2000')
      await hotspot.enter(lab.phone1, await hotspot.voucher('Slow'))
      await isOnline6(lab.phone1)
      const both = async (up: boolean, ms: number): Promise<number> => {
        const [four, six] = await Promise.all([INTERNET, INTERNET_V6].map((host) => lab.phone1.speed(host, up, ms)))
        expect(Math.min(four!, six!)).toBeGreaterThan(0)
        return four! + six!
      }
      expect(Math.abs((await both(false, 4000)) / 4000 - 1)).toBeLessThan(0.12)
      expect(Math.abs((await both(true, 4000)) / 2000 - 1)).toBeLessThan(0.12)
    })
  })

  describe('a session ends, with what it had open over IPv6,', () => {
    test('at its expiry, also while no gateway runs', async () => {
      const endsAt = Date.now() + 9000
      await hotspot.guest('six', endsAt)
      await hotspot.enter(lab.phone1, 'six')
      await isOnline6(lab.phone1)
      expect(await lab.phone1.flow('expiry', INTERNET_V6)).toEqual({ outcome: 'open' })
      await gateway.kill()
      await hotspot.ended(lab.phone1, 'expiry')
      expect(Math.abs((await lab.phone1.flowState('expiry')).lastAt - endsAt)).toBeLessThan(1000)
      gateway = await lab.gateway([...hotspot.args, '--prefix6', `${ROUTED}/64`])
      await expect.poll(hotspot.devices, soon).toEqual([])
    })

    test('at a quota that both families use up', async () => {
      await hotspot.plan('Data', '--valid', '1d', '--data-mb', '3')
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Data'))
      await isOnline6(lab.phone1)
      await lab.phone1.flow('quota', INTERNET_V6)
      const [four, six] = await Promise.all(
        [INTERNET, INTERNET_V6].map((host) => lab.phone1.transfer(host, false, 2000)),
      )
      for (const { octets } of [four!, six!]) expect(octets).toBeGreaterThan(200_000)
      expect(four!.octets + six!.octets).toBeLessThan(3_000_000)
      expect((await lab.phone1.flowState('quota')).end).toBe('ECONNRESET')
      await expect.poll(hotspot.devices, soon).toEqual([])
      const { inputOctets, outputOctets } = await hotspot.session(acctSessionId)
      expect(inputOctets + outputOctets).toBeGreaterThan(2_800_000)
      expect(inputOctets + outputOctets).toBeLessThanOrEqual(3_000_000)
    })

    test('when the box says so', async () => {
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await isOnline6(lab.phone1)
      await lab.phone1.flow('disconnect', INTERNET_V6)
      const coa = ['radclient', '-x', `127.0.0.1:${COA_PORT}`, 'disconnect', secret]
      expect((await lab.tryInside('box', `Acct-Session-Id=${acctSessionId}\n`, ...coa)).stdout).toContain(
        'Disconnect-ACK',
      )
      await hotspot.ended(lab.phone1, 'disconnect')
      expect(await page6(lab.phone1)).toEqual({ error: 'ECONNREFUSED' })
      await expect.poll(hotspot.devices, soon).toEqual([])
    })
  })

  test('whoever is online stays so when the gateway is killed, and is counted on as before', async () => {
    const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    await isOnline6(lab.phone1)
    await lab.phone1.flow('kept', INTERNET_V6)
    const before = await lab.phone1.transfer(INTERNET_V6, false, 700)
    await gateway.kill()
    const meanwhile = await lab.phone1.transfer(INTERNET_V6, false, 700)
    gateway = await lab.gateway([...hotspot.args, '--prefix6', `${ROUTED}/64`])
    const after = await lab.phone1.transfer(INTERNET_V6, false, 700)
    expect((await lab.phone1.flowState('kept')).end).toBeUndefined()
    await hotspot.logout(lab.phone1)
    const payload = before.octets + meanwhile.octets + after.octets
    const { outputOctets } = await hotspot.session(acctSessionId)
    expect(payload).toBeGreaterThan(2_000_000)
    expect(outputOctets).toBeGreaterThan(payload)
    expect(outputOctets).toBeLessThan(payload * 1.15)
  })

  test('a prefix that nobody outside knows is masqueraded; without one there is nothing again', async () => {
    await gateway.stop()
    gateway = await lab.gateway([...hotspot.args, '--prefix6', `${LOCAL_PREFIX}/64`])
    // “Is there a router?”, as a phone asks when it joins.
    const ips = { from: '::', to: 'ff02::2' }
    const solicit = ipv6(ips, protocols.icmpv6, icmpv6(ips, 133, Buffer.alloc(4)))
    await thief.send(ethernet({ from: phoneMac(2), to: '33:33:00:00:00:02' }, IPV6, solicit))
    await anAddress('phone1', LOCAL_PREFIX)
    await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    await isOnline6(lab.phone1)
    expect(JSON.parse((await page6(lab.phone1)).body!)).toMatchObject({ from: UPLINK_V6 })
    await gateway.stop()
    gateway = await lab.gateway(hotspot.args)
    expect(await lab.phone1.tcp(INTERNET_V6, 80)).toBe('silence')
    expect(gateway.output()).not.toContain('"level":50')
  })
})
