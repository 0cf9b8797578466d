import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  arpReply,
  ethernet,
  icmp,
  icmpv6,
  IPV4,
  ipv4,
  IPV6,
  ipv6,
  protocols,
  udp,
  udp6,
  type Card,
} from './gateway/card.ts'
import { createHotspot, portal, soon, type Gateway, type Hotspot } from './gateway/hotspot.ts'
import { GARDEN, GATEWAY, INTERNET, INTERNET_V6, phoneIp, phoneMac, question, type Lab } from './gateway/lab.ts'
import { suite } from './peer.ts'

// What strangers and guests try, octet by octet: phone2 is the hostile one.

const ELSEWHERE = 'http://evil.example'
const BROADCAST = 'ff:ff:ff:ff:ff:ff'
const OWN_IPV6 = 'fd00:40::12'
const MORE_FRAGMENTS = 0x2000
const STARVING = 300
const SLOW_CONNECTIONS = 2000
/** More than a card may begin while the door waits for one request. */
const SLOW_KEPT_MAX = 700

suite('gateway attacked', () => {
  let hotspot: Hotspot
  let lab: Lab
  let gateway: Gateway
  let outside: Card
  let thief: Card
  let victim: Card
  let boxMac: string

  beforeAll(async () => {
    hotspot = await createHotspot()
    lab = hotspot.lab
    boxMac = (await lab.inside('box', 'cat', '/sys/class/net/br0/address')).trim()
    gateway = await lab.gateway(hotspot.args)
    outside = await lab.card('internet', 'eth0')
    thief = await lab.card('phone2', 'wlan0')
    victim = await lab.card('phone1', 'wlan0')
  })
  afterAll(() => hotspot.remove())

  /** What carries something out of the network by any other way than a page; each holds its own name. */
  const tunnels = (stage: string): ReadonlyMap<string, Buffer> => {
    const macs = { from: phoneMac(2), to: boxMac }
    const over4 = (protocol: number, payload: Buffer, fragment = 0, to = INTERNET) =>
      ethernet(macs, IPV4, ipv4({ from: phoneIp(2), to }, protocol, payload, fragment))
    const ips6 = { from: OWN_IPV6, to: INTERNET_V6 }
    const frames = new Map<string, (text: string) => Buffer>([
      ['gre', (text) => over4(protocols.gre, Buffer.from(`\0\0\x08\0${text}`))],
      ['esp', (text) => over4(protocols.esp, Buffer.from(`\0\0\0\x01\0\0\0\x01${text}`))],
      ['sctp', (text) => over4(protocols.sctp, Buffer.from(`\x13\x88\x13\x88\0\0\0\0\0\0\0\0\x01\0\0\x20${text}`))],
      ['ip in ip', (text) => over4(protocols.ipip, Buffer.from(text))],
      ['ipv6 in ip', (text) => over4(protocols.ipv6, Buffer.from(text))],
      ['ping', (text) => over4(protocols.icmp, icmp(8, `\0\x01\0\x01${text}`))],
      ['ping reply', (text) => over4(protocols.icmp, icmp(0, `\0\x01\0\x02${text}`))],
      ['ping to the garden', (text) => over4(protocols.icmp, icmp(8, `\0\x01\0\x03${text}`), 0, GARDEN)],
      ['dns of the garden', (text) => over4(protocols.udp, udp({ from: 5000, to: 53 }, text), 0, GARDEN)],
      ['quic to the garden', (text) => over4(protocols.udp, udp({ from: 5000, to: 443 }, text), 0, GARDEN)],
      ...[67, 123, 443, 500, 853, 1194, 4500, 5353, 51_820].map(
        (port) => [`udp ${port}`, (text: string) => over4(protocols.udp, udp({ from: 5000, to: port }, text))] as const,
      ),
      ['first fragment', (text) => over4(protocols.udp, udp({ from: 5000, to: 7 }, text.padEnd(32)), MORE_FRAGMENTS)],
      ['last fragment', (text) => over4(protocols.udp, Buffer.from(text.padEnd(32)), 5)],
      [
        'vlan',
        (text) =>
          ethernet(macs, IPV4, ipv4({ from: phoneIp(2), to: INTERNET }, 17, udp({ from: 5000, to: 7 }, text)), 40),
      ],
      ['ipv6', (text) => ethernet(macs, IPV6, ipv6(ips6, protocols.udp, udp6(ips6, { from: 5000, to: 7 }, text)))],
      [
        'ping of ipv6',
        (text) => ethernet(macs, IPV6, ipv6(ips6, protocols.icmpv6, icmpv6(ips6, 128, `\0\x01\0\x01${text}`))),
      ],
    ])
    return new Map([...frames].map(([name, frame]) => [name, frame(`${stage} by ${name};`)]))
  }
  const passed = async (stage: string): Promise<string[]> => {
    for (const frame of tunnels(stage).values()) await thief.send(frame)
    // Whatever was sent before this has gone its way.
    await lab.phone2.http(`http://${GATEWAY}/status`)
    const names = [...tunnels(stage).keys()]
    const counts = await Promise.all(names.map((name) => outside.heard(`${stage} by ${name};`)))
    return names.filter((_, at) => counts[at]! > 0)
  }

  test('before login nothing is carried out by any protocol, port, fragment, tag or family; after it what is sent arrives', async () => {
    expect(await passed('before')).toEqual([])
    await hotspot.enter(lab.phone2, await hotspot.voucher('Day'))
    const after = await passed('after')
    for (const name of ['gre', 'ip in ip', 'ping', 'udp 51820', 'quic to the garden']) expect(after).toContain(name)
    for (const name of ['vlan', 'ipv6', 'ping of ipv6']) expect(after).not.toContain(name)
    await hotspot.logout(lab.phone2)
    expect(await passed('again')).toEqual([])
  })

  test('no question of DNS leaves before login: whatever the kind, the server, the port, or the way it is asked', async () => {
    const secret = 'c2VjcmV0c2VjcmV0c2VjcmV0'
    for (const server of [GATEWAY, INTERNET, GARDEN]) {
      for (const type of ['NULL', 'TXT', 'AAAA', 'HTTPS'] as const)
        expect(await lab.phone2.resolve(server, `${secret}.${type}.tunnel.example`, type)).toBe('none')
      const asked = question(`${secret}.tcp.tunnel.example`, 'TXT')
      const reply = await lab.phone2.raw(server, 53, Buffer.concat([Buffer.of(0, asked.length), asked]))
      expect(reply.length).toBeGreaterThan(asked.length)
    }
    for (const port of [853, 5300, 5353, 8053]) {
      await lab.phone2.ask('udp', {
        host: INTERNET,
        port,
        octets: question(`${secret}.udp.tunnel.example`, 'TXT').toString('hex'),
      })
      expect(await lab.phone2.tcp(INTERNET, port)).toBe('ECONNREFUSED')
    }
    expect(readFileSync(lab.dnsLog, 'utf8')).not.toContain('tunnel')
    expect(await outside.heard(secret)).toBe(0)
  })

  test('what is sent to a guest goes to their card, whatever another says of itself', async () => {
    await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    await hotspot.login(lab.phone2, await hotspot.voucher('Day'))
    const macs = { from: phoneMac(2), to: boxMac }
    for (let n = 0; n < 5; n++) {
      // “Their address is at my card”, to the box; “the gateway is at my card”, to them; and as the gateway itself.
      await thief.send(arpReply(macs, phoneIp(1), GATEWAY))
      for (const to of [phoneMac(1), BROADCAST])
        await thief.send(arpReply({ from: phoneMac(2), to }, GATEWAY, phoneIp(1)))
      await thief.send(arpReply({ from: boxMac, to: BROADCAST }, GATEWAY, GATEWAY))
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
    }
    expect(await lab.phone1.udp(INTERNET, 7, 'for one alone')).toBe('reply')
    expect(await thief.heard('for one alone')).toBe(0)
    expect(await victim.heard('for one alone')).toBe(1)
    expect((await lab.inside('phone1', 'ip', 'neigh', 'show', GATEWAY)).toLowerCase()).toContain(boxMac)
    // Their address from another card, and their card with another address.
    const stolen = (from: string, ip: string, text: string) =>
      ethernet(
        { from, to: boxMac },
        IPV4,
        ipv4({ from: ip, to: INTERNET }, protocols.udp, udp({ from: 5000, to: 7 }, text)),
      )
    await thief.send(stolen(phoneMac(2), phoneIp(1), 'stolen address'))
    await thief.send(stolen(phoneMac(1), '10.40.77.7', 'stolen card'))
    await thief.send(stolen(phoneMac(2), phoneIp(2), 'honest'))
    await expect.poll(() => outside.heard('honest'), soon).toBeGreaterThan(0)
    for (const text of ['stolen address', 'stolen card']) expect(await outside.heard(text)).toBe(0)
    await lab.phone2.http(`http://${GATEWAY}/logout`)
    await hotspot.logout(lab.phone1)
  })

  test('a phone that gives out addresses is heard by nobody, and hears nobody ask', async () => {
    const offer = Buffer.alloc(240)
    offer.set([2, 1, 6, 0, 1, 2, 3, 4])
    offer.write('rogue offer', 44)
    for (const to of [phoneMac(1), BROADCAST])
      await thief.send(
        ethernet(
          { from: phoneMac(2), to },
          IPV4,
          ipv4({ from: phoneIp(2), to: '255.255.255.255' }, 17, udp({ from: 67, to: 68 }, offer)),
        ),
      )
    await lab.inside('phone1', 'ip', 'route', 'add', '255.255.255.255', 'dev', 'wlan0')
    expect(await lab.phone1.ask('dhcp', { mac: phoneMac(1) })).toMatchObject({ outcome: 'offer', router: GATEWAY })
    expect(await victim.heard('rogue offer')).toBe(0)
    // The beginning of what phone1 has asked; the answer, which may be broadcast, begins with a 2.
    expect(await thief.heard(Buffer.of(1, 1, 6, 0, 1, 2, 3, 4))).toBe(0)
  })

  test('one card is given few addresses, by whatever names it asks, and others are given theirs', async () => {
    const ask = (n: number): Buffer => {
      const request = Buffer.alloc(240)
      request.set([1, 1, 6, 0, 1, 2, 3, n & 0xff])
      request.set([2, 0, 0, 0x99, n >> 8, n & 0xff], 28)
      request.set([99, 130, 83, 99], 236)
      const wanted = Buffer.of(53, 1, 3, 50, 4, 10, 40, 100 + (n >> 8), n & 0xff, 255)
      const ips = { from: '0.0.0.0', to: '255.255.255.255' }
      const datagram = udp({ from: 68, to: 67 }, Buffer.concat([request, wanted]))
      return ethernet({ from: phoneMac(2), to: BROADCAST }, IPV4, ipv4(ips, protocols.udp, datagram))
    }
    for (let n = 1; n <= STARVING; n++) await thief.send(ask(n))
    expect(await lab.phone1.ask('dhcp', { mac: phoneMac(1), wanted: '10.40.0.200' })).toMatchObject({
      outcome: 'given',
    })
    const leases = readFileSync(join(lab.folder, 'state', 'leases'), 'utf8')
    const taken = leases.match(/02:00:00:99:/g)?.length
    expect(taken).toBeGreaterThan(5)
    expect(taken).toBeLessThan(50)
  })

  test('datagrams of a socket that was open before do not outlive the session', async () => {
    const endsAt = Date.now() + 6000
    await hotspot.guest('datagrams', endsAt)
    await hotspot.enter(lab.phone1, 'datagrams')
    expect(await lab.phone1.ask('datagramFlow', { id: 'udp', host: INTERNET, port: 7 })).toEqual({ outcome: 'open' })
    await hotspot.ended(lab.phone1, 'udp')
    const { lastAt, octets } = await lab.phone1.flowState('udp')
    expect(octets).toBeGreaterThan(100)
    expect(Math.abs(lastAt - endsAt)).toBeLessThan(1000)
    await expect.poll(hotspot.devices, soon).toEqual([])
  })

  test('nothing passes while the table is away, of either family', async () => {
    await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    expect(await lab.phone1.flow('flushed', INTERNET)).toEqual({ outcome: 'open' })
    const isThere = async () =>
      (await lab.tryInside('box', '', 'nft', 'list', 'chain', 'inet', 'lango', 'forward')).code === 0
    const macs = { from: phoneMac(2), to: boxMac }
    const ips6 = { from: OWN_IPV6, to: INTERNET_V6 }
    const four = ethernet(
      macs,
      IPV4,
      ipv4({ from: phoneIp(2), to: INTERNET }, 17, udp({ from: 5000, to: 7 }, 'in the gap')),
    )
    const six = ethernet(macs, IPV6, ipv6(ips6, 17, udp6(ips6, { from: 5000, to: 7 }, 'in the gap')))
    await gateway.kill()
    await lab.inside('box', 'nft', 'flush', 'ruleset')
    for (let n = 0; n < 50; n++) await thief.send(four, six)
    const octets = async () => (await lab.phone1.flowState('flushed')).octets
    const before = await octets()
    expect(await lab.phone1.udp(INTERNET, 7, 'in the gap')).toBe('silence')
    expect(await octets()).toBe(before)
    expect(await isThere()).toBe(false)
    gateway = await lab.gateway(hotspot.args)
    await lab.inside('box', 'nft', 'flush', 'ruleset')
    while (!(await isThere())) await thief.send(four, six)
    expect(await outside.heard('in the gap')).toBe(0)
    await expect.poll(hotspot.devices, soon).toEqual([])
    expect(gateway.output()).toContain('was taken away')
    // As it was: others' rules of routing are asked for whoever is in.
    await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
    await hotspot.logout(lab.phone1)
    gateway = (await gateway.stop(), await lab.gateway(hotspot.args))
  })

  test('whatever is asked of the door leads to the portal and nowhere else, and no value ends a header', async () => {
    const hostile = [
      '\r\nSet-Cookie: a=b\r\n',
      '\n\nbody',
      '//evil.example/',
      '\\\\evil.example',
      '__proto__',
      '\0',
      '💥'.repeat(90),
    ]
    for (const value of hostile.map(encodeURIComponent)) {
      for (const name of ['username', 'password', 'dst', 'link-orig', 'link-login-only', 'popup', '__proto__']) {
        const { status, headers } = await lab.phone2.http(`http://${GATEWAY}/login?${name}=${value}`)
        expect([302, 413]).toContain(status)
        expect(headers).not.toHaveProperty('set-cookie')
        expect((headers!['location'] ?? `${portal}?`).startsWith(`${portal}?`)).toBe(true)
      }
      const { headers } = await lab.phone2.http(`http://${GATEWAY}/${value}`, { headers: { cookie: value } })
      expect(headers).not.toHaveProperty('set-cookie')
    }
    for (const line of [
      `GET ${ELSEWHERE}/login HTTP/1.1\r\nHost: ${GATEWAY}`,
      `GET //evil.example/login HTTP/1.1\r\nHost: ${GATEWAY}`,
      'GET /login HTTP/1.1\r\nHost: evil.example',
      `GET /login?dst=${ELSEWHERE} HTTP/1.1\r\nHost: ${GATEWAY}`,
    ]) {
      const reply = await lab.phone2.raw(GATEWAY, 80, `${line}\r\n\r\n`)
      expect(reply).toContain(`\r\nLocation: ${portal}?`)
      expect(reply.match(/^location:/gim)).toHaveLength(1)
    }
  })

  test('requests that are too long, half or none are refused, and others are served meanwhile', async () => {
    const long = 'x'.repeat(65_536)
    for (const request of [
      `GET / HTTP/1.1\r\nHost: ${GATEWAY}\r\nX-Long: ${long}\r\n\r\n`,
      `GET /${long} HTTP/1.1\r\nHost: ${GATEWAY}\r\n\r\n`,
      `POST /login HTTP/1.1\r\nHost: ${GATEWAY}\r\nContent-Length: ${long.length}\r\n\r\n${long}`,
      `GET / HTTP/1.1\r\nHost: ${GATEWAY}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
      '\r\n\r\n',
    ]) {
      const reply = await lab.phone2.raw(GATEWAY, 80, request)
      expect(reply === '' || /^HTTP\/1\.1 (400|413|414|431) /.test(reply), reply.slice(0, 80)).toBe(true)
    }
    // From a hundred addresses, since the door holds only so many of one.
    const from = Array.from({ length: 100 }, (_, n) => `10.40.77.${n + 1}`)
    const lines = from.map((address) => `address add ${address}/16 dev wlan0\n`).join('')
    await lab.tryInside('phone2', lines, 'ip', '-batch', '-')
    const crowd = { host: GATEWAY, port: 80, count: SLOW_CONNECTIONS, from }
    const { kept } = await lab.phone2.ask<{ kept: number }>('slow', crowd)
    expect(kept).toBeGreaterThan(30)
    expect(kept).toBeLessThan(SLOW_KEPT_MAX)
    for (let n = 0; n < 10; n++) expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    await lab.phone2.ask('disperse')
    expect(gateway.output()).not.toContain('"level":50')
  })
})
