import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong } from './box.ts'
import {
  COA_PORT,
  createHotspot,
  portal,
  portalApi,
  PRIVATE_PORT,
  secret,
  soon,
  type Gateway,
  type Hotspot,
} from './gateway/hotspot.ts'
import { GARDEN, GARDEN_NAME, GATEWAY, INTERNET, INTERNET_V6, phoneIp, phoneMac, type Lab } from './gateway/lab.ts'
import { suite } from './peer.ts'

suite('gateway', () => {
  let hotspot: Hotspot
  let lab: Lab
  let gateway: Gateway

  beforeAll(async () => {
    hotspot = await createHotspot()
    lab = hotspot.lab
  })
  afterAll(() => hotspot.remove())

  test('without a gateway the box carries everything, and the phones see each other', async () => {
    expect(await lab.phone1.tcp(INTERNET_V6, 80)).toBe('open')
    expect(await lab.phone1.tcp(phoneIp(2), 80)).toBe('open')
    expect(await lab.phone1.tcp('fd00:40::12', 80)).toBe('open')
    expect(await lab.phone1.tcp(GATEWAY, PRIVATE_PORT)).toBe('open')
    gateway = await lab.gateway(hotspot.args)
  })

  describe('before login', () => {
    test('a phone is sent to the portal whatever it asks for, and the portal is there', async () => {
      const asked = { headers: { host: 'connectivitycheck.example' } }
      const probe = await lab.phone1.http(`http://${INTERNET}/generate_204?a=b`, asked)
      expect(probe).toMatchObject({ status: 302, headers: { 'cache-control': 'no-store', connection: 'close' } })
      expect(probe.headers!['location']!.startsWith(`${portal}?`)).toBe(true)
      expect(hotspot.told(probe)).toEqual({
        mac: phoneMac(1).toUpperCase(),
        ip: phoneIp(1),
        'link-login-only': `http://${GATEWAY}/login`,
        'link-orig': 'http://connectivitycheck.example/generate_204?a=b',
        identity: 'lango-gateway',
      })
      expect(await lab.phone1.http(portal)).toMatchObject({ status: 200 })
      expect(await lab.phone1.http(`http://${INTERNET}/wpad.dat`)).toMatchObject({ status: 404 })
      const status = await lab.phone1.http(`http://${GATEWAY}/status`)
      expect(JSON.parse(status.body!)).toEqual({ captive: true, 'user-portal-url': portal })
    })

    test('DHCP gives an address of the network, and tells the portal’s API', async () => {
      await lab.inside('phone2', 'ip', 'route', 'add', '255.255.255.255', 'dev', 'wlan0')
      const offer = await lab.phone2.ask('dhcp', { mac: phoneMac(2) })
      expect(offer).toMatchObject({
        outcome: 'offer',
        address: expect.stringMatching(/^10\.40\./),
        router: GATEWAY,
        portalApi,
      })
    })

    test('names of the garden are honest and reachable, others lead to the gateway and are asked of nobody', async () => {
      expect(await lab.phone1.resolve(GATEWAY, GARDEN_NAME)).toBe(GARDEN)
      expect(await hotspot.page(lab.phone1, GARDEN)).toMatchObject({ status: 200 })
      expect(await hotspot.page(lab.phone1, INTERNET)).toMatchObject({ status: 302 })
      for (const server of [GATEWAY, INTERNET]) {
        expect(await lab.phone1.resolve(server, 'c2VjcmV0.tunnel.example')).toBe(GATEWAY)
        expect(await lab.phone1.resolve(server, 'c2VjcmV0.tunnel.example', 'TXT')).not.toBe('silence')
      }
      const log = readFileSync(lab.dnsLog, 'utf8')
      expect(log).toContain(GARDEN_NAME)
      expect(log).not.toContain('tunnel')
    })

    test('nothing else gets out, and what a browser would wait for fails at once', async () => {
      expect(await lab.phone1.tcp(INTERNET, 443)).toBe('ECONNREFUSED')
      expect(await lab.phone1.tcp(INTERNET, 7)).toBe('ECONNREFUSED')
      expect(await lab.phone1.udp(INTERNET, 443)).toBe('ECONNREFUSED')
      expect(await lab.phone1.udp(INTERNET, 7)).toBe('silence')
      expect(await lab.internet.ask('heard')).toEqual({ udp: 0 })
      for (const host of [INTERNET, GATEWAY])
        expect(await lab.tryInside('phone1', '', 'ping', '-c', '1', '-W', '1', host)).toMatchObject({ code: 1 })
      expect(await lab.phone1.tcp(INTERNET_V6, 80)).toBe('silence')
      expect(await lab.phone1.tcp(GATEWAY, PRIVATE_PORT)).toBe('ECONNREFUSED')
    })

    test('what is no login stays outside, however it is spelt', async () => {
      for (const name of ['WRONG', '%22%3B%20reboot%20%23', 'a%0Aadd%20element', '%00', 'x'.repeat(127)])
        expect(await hotspot.login(lab.phone1, name)).toMatchObject({ error: expect.stringMatching(/.+/) })
      const elsewhere = await lab.phone1.http(`http://${GATEWAY}/login?username=x&password=x&dst=http://evil.example/`)
      expect(elsewhere.headers!['location']!.startsWith(`${portal}?`)).toBe(true)
      const header = await lab.phone1.http(`http://${INTERNET}/%0d%0aSet-Cookie:%20a=b`)
      expect(header.headers).not.toHaveProperty('set-cookie')
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    })
  })

  describe('a phone that is in', () => {
    test('came by a voucher, which holds its one place until it has gone', async () => {
      const code = await hotspot.voucher('Day')
      const { device } = await hotspot.enter(lab.phone1, code)
      expect(device).toBe(phoneMac(1).toUpperCase())
      expect(JSON.parse((await hotspot.page(lab.phone1)).body!)).toMatchObject({ hello: '/page' })
      expect(await lab.phone1.resolve(GATEWAY, 'anything.example')).toBe(INTERNET)
      expect(await lab.phone1.udp(INTERNET, 7)).toBe('reply')
      expect(await hotspot.login(lab.phone2, code, `&mac=${phoneMac(1)}`)).toMatchObject({
        error: expect.stringMatching(/.+/),
      })
      expect(await hotspot.page(lab.phone2)).toMatchObject({ status: 302 })
      await hotspot.logout(lab.phone1)
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
      await hotspot.enter(lab.phone2, code)
      expect(await hotspot.page(lab.phone2)).toMatchObject({ status: 200 })
      await hotspot.logout(lab.phone2)
    })

    test('sees no other phone, nothing of the box, and no IPv6', async () => {
      await hotspot.enter(lab.phone2, await hotspot.voucher('Day'))
      await hotspot.login(lab.phone1, await hotspot.voucher('Day'))
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
      for (const host of [phoneIp(2), 'fd00:40::12']) expect(await lab.phone1.tcp(host, 80)).not.toBe('open')
      // Through the gateway neither, where a phone asks it to carry on.
      await lab.inside('phone1', 'ip', 'route', 'add', phoneIp(2), 'via', GATEWAY)
      expect(await lab.phone1.tcp(phoneIp(2), 80)).not.toBe('open')
      await lab.inside('phone1', 'ip', 'route', 'delete', phoneIp(2))
      expect(await lab.phone1.tcp(GATEWAY, PRIVATE_PORT)).toBe('ECONNREFUSED')
      expect(await lab.phone1.tcp(INTERNET_V6, 80)).toBe('silence')
      await lab.phone2.http(`http://${GATEWAY}/logout`)
      await hotspot.logout(lab.phone1)
    })

    test('is one address with one hardware address: who copies either is outside', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      const heard = await lab.internet.ask('heard')
      await readdress(phoneIp(2), phoneIp(1))
      expect(await lab.phone2.http(`http://${INTERNET}/page`, { waitMs: 1500 })).not.toMatchObject({ status: 200 })
      expect(await lab.phone2.udp(INTERNET, 7)).toBe('silence')
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
      // What comes back goes to the one who logged in: nothing has gone out either.
      expect(await lab.internet.ask('heard')).toEqual(heard)
      await readdress(phoneIp(1), phoneIp(2))
      await lab.inside('phone2', 'ip', 'link', 'set', 'wlan0', 'address', phoneMac(1))
      expect(await hotspot.page(lab.phone2)).toMatchObject({ status: 302 })
      await lab.inside('phone2', 'ip', 'link', 'set', 'wlan0', 'address', phoneMac(2))
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
      await hotspot.logout(lab.phone1)
    })

    test('has the speed of its plan, and another when the box says so', async () => {
      await hotspot.plan('Slow', '--valid', '1d', '--down-kbps', '4000', '--up-kbps', '2000')
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Slow'))
      const within = (kbps: number, wanted: number) =>
        expect(Math.abs(kbps - wanted) / wanted, `${kbps}`).toBeLessThan(0.1)
      within(await lab.phone1.speed(INTERNET, false, 4000), 4000)
      within(await lab.phone1.speed(INTERNET, true, 4000), 2000)
      const change = `Acct-Session-Id=${acctSessionId}\nWISPr-Bandwidth-Max-Down=8000000\nWISPr-Bandwidth-Max-Up=1000000\n`
      const coa = ['radclient', '-x', `127.0.0.1:${COA_PORT}`, 'coa', secret]
      expect((await lab.tryInside('box', change, ...coa)).stdout).toContain('CoA-ACK')
      within(await lab.phone1.speed(INTERNET, false, 4000), 8000)
      within(await lab.phone1.speed(INTERNET, true, 4000), 1000)
      expect((await lab.tryInside('box', 'Acct-Session-Id=other\n', ...coa)).stdout).toContain('CoA-NAK')
      const end = `Acct-Session-Id=${acctSessionId}\nSession-Timeout=1\n`
      expect((await lab.tryInside('box', end, ...coa)).stdout).toContain('CoA-ACK')
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
      await expect.poll(hotspot.devices, soon).toEqual([])
    })
  })

  describe('a session ends, with whatever it had open,', () => {
    test('at its expiry', async () => {
      const endsAt = Date.now() + 6000
      await hotspot.guest('guest', endsAt)
      await hotspot.enter(lab.phone1, 'guest')
      expect(await lab.phone1.flow('expiry', INTERNET)).toEqual({ outcome: 'open' })
      await hotspot.ended(lab.phone1, 'expiry')
      const { lastAt, octets } = await lab.phone1.flowState('expiry')
      expect(octets).toBeGreaterThan(100)
      expect(Math.abs(lastAt - endsAt)).toBeLessThan(1000)
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
      await expect.poll(hotspot.devices, soon).toEqual([])
    })

    test('at its expiry also while no gateway runs, and the box hears of it later', async () => {
      const endsAt = Date.now() + 6000
      await hotspot.guest('later', endsAt)
      const { acctSessionId } = await hotspot.enter(lab.phone1, 'later')
      await lab.phone1.flow('dead', INTERNET)
      await gateway.kill()
      await hotspot.ended(lab.phone1, 'dead')
      expect(Math.abs((await lab.phone1.flowState('dead')).lastAt - endsAt)).toBeLessThan(1000)
      gateway = await lab.gateway(hotspot.args)
      await expect.poll(hotspot.devices, soon).toEqual([])
      expect((await hotspot.session(acctSessionId)).inputOctets).toBeGreaterThan(1000)
    })

    test('at its quota', async () => {
      await hotspot.plan('Data', '--valid', '1d', '--data-mb', '3')
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Data'))
      await lab.phone1.flow('quota', INTERNET)
      const { octets } = await lab.phone1.ask<{ octets: number }>('transfer', {
        host: INTERNET,
        port: 19,
        up: false,
        ms: 2000,
      })
      expect(octets).toBeGreaterThan(2_500_000)
      expect(octets).toBeLessThan(3_000_000)
      expect((await lab.phone1.flowState('quota')).end).toBe('ECONNRESET')
      await expect.poll(hotspot.devices, soon).toEqual([])
      const { inputOctets, outputOctets } = await hotspot.session(acctSessionId)
      expect(inputOctets + outputOctets).toBeGreaterThan(2_800_000)
      expect(inputOctets + outputOctets).toBeLessThanOrEqual(3_000_000)
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    })

    test('when the box says so', async () => {
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await lab.phone1.flow('disconnect', INTERNET)
      await hotspot.box.json('session', 'disconnect', acctSessionId)
      await hotspot.ended(lab.phone1, 'disconnect')
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
      await expect.poll(hotspot.devices, soon).toEqual([])
    })

    test('when nothing has come from it for long enough', async () => {
      await hotspot.plan('Idle', '--valid', '1d', '--idle-sec', '3')
      await hotspot.enter(lab.phone1, await hotspot.voucher('Idle'))
      await expect.poll(hotspot.devices, soon).toEqual([])
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    })
  })

  describe('whoever is online', () => {
    test('stays so when the gateway and the box are killed, and is counted on as before', async () => {
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await lab.phone1.flow('kept', INTERNET)
      const fetchMegabytes = () =>
        lab.phone1.ask<{ octets: number }>('transfer', { host: INTERNET, port: 19, up: false, ms: 1000 })
      const before = await fetchMegabytes()
      await Promise.all([gateway.kill(), hotspot.box.kill()])
      const meanwhile = await fetchMegabytes()
      expect(await lab.phone1.resolve(GATEWAY, 'anything.example')).toBe(INTERNET)
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 200 })
      gateway = await lab.gateway(hotspot.args)
      await hotspot.startBox()
      const after = await fetchMegabytes()
      expect((await lab.phone1.flowState('kept')).end).toBeUndefined()
      expect((await hotspot.online()).map((one) => one.acctSessionId)).toEqual([acctSessionId])
      await lab.phone1.http(`http://${GATEWAY}/logout`)
      await expect.poll(hotspot.devices, soon).toEqual([])
      const { outputOctets } = await hotspot.session(acctSessionId)
      const payload = before.octets + meanwhile.octets + after.octets
      expect(payload).toBeGreaterThan(3_000_000)
      expect(outputOctets).toBeGreaterThan(payload)
      expect(outputOctets).toBeLessThan(payload * 1.15)
    })

    test.runIf(isLong)('is reported while it lasts', { timeout: 120_000 }, async () => {
      await hotspot.plan('Minutes', '--valid', '1d', '--interim-sec', '60')
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Minutes'))
      await lab.phone1.speed(INTERNET, false, 1000)
      const reported = async () => (await hotspot.session(acctSessionId)).outputOctets
      await expect.poll(reported, { timeout: 75_000, interval: 1000 }).toBeGreaterThan(1_000_000)
      await hotspot.logout(lab.phone1)
    })

    test('a stop that the box does not answer is kept until it does, also over a restart', async () => {
      const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await hotspot.box.kill()
      await lab.phone1.http(`http://${GATEWAY}/logout`)
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
      await gateway.stop()
      gateway = await lab.gateway(hotspot.args)
      await hotspot.startBox()
      await expect.poll(hotspot.devices, soon).toEqual([])
      expect((await hotspot.session(acctSessionId)).outputOctets).toBe(0)
    })

    test('is out after a reboot, and the box knows', async () => {
      await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
      await gateway.kill()
      await lab.inside('box', 'nft', 'delete', 'table', 'inet', 'lango')
      gateway = await lab.gateway(hotspot.args)
      await expect.poll(hotspot.devices, soon).toEqual([])
      expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    })
  })

  async function readdress(from: string, to: string): Promise<void> {
    await lab.inside('phone2', 'ip', 'address', 'delete', `${from}/16`, 'dev', 'wlan0')
    await lab.inside('phone2', 'ip', 'address', 'add', `${to}/16`, 'dev', 'wlan0')
    await lab.inside('phone2', 'ip', 'route', 'replace', 'default', 'via', GATEWAY)
  }

  test('a table that somebody takes away is there again, and nobody is in by mistake', async () => {
    const { acctSessionId } = await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    expect(gateway.output()).not.toContain('"level":50')
    await lab.inside('box', 'nft', 'flush', 'ruleset')
    await expect.poll(hotspot.devices, soon).toEqual([])
    expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
    expect(await hotspot.session(acctSessionId)).toMatchObject({ terminateCause: expect.anything() })
    expect(gateway.output()).toContain('was taken away')
  })

  test('whoever’s address is given to another device has gone, which else could not be answered', async () => {
    await hotspot.enter(lab.phone1, await hotspot.voucher('Day'))
    const given = await lab.phone2.ask('dhcp', { mac: phoneMac(2), wanted: phoneIp(1) })
    expect(given).toMatchObject({ outcome: 'given', address: phoneIp(1) })
    await expect.poll(hotspot.devices, soon).toEqual([])
    expect(await hotspot.page(lab.phone1)).toMatchObject({ status: 302 })
  })
})
