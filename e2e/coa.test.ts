import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun, newBox, temporaryFolder } from './box.ts'
import { freePort, program, radclient, startPeer, suite, writeConfig, type Attributes, type Peer } from './peer.ts'

const secret = 'coa-secret'

type Ending = { state: string; steps: { means: string; outcome: string }[] }

/** Asks the box over its socket to bring a session in line with its plan; no command line has it yet. */
function change(data: string, acctSessionId: string): Promise<Ending[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending[]>()
  const options = { socketPath: join(data, 'control.sock'), path: '/action/sessions.change', method: 'POST' }
  const asked = request(options, (response) => {
    void text(response).then((body) => resolve((JSON.parse(body) as { value: Ending[] }).value), reject)
  })
  asked.on('error', reject)
  asked.end(JSON.stringify({ acctSessionId }))
  return promise
}

/** FreeRADIUS as a router that is asked to disconnect: it obeys, but for one session. */
const freeradiusConfig = (folder: string, port: number) => `
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
log {
  destination = stdout
}
client box {
  ipaddr = 127.0.0.1
  secret = ${secret}
  require_message_authenticator = yes
}
modules {
  always reject {
    rcode = reject
  }
  always ok {
    rcode = ok
  }
}
server coa {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    if (&Acct-Session-Id == "81500002" || &Acct-Session-Id == "81500007") {
      reject
    }
    else {
      ok
    }
  }
}
`

suite('coa freeradius', () => {
  const folder = temporaryFolder('freeradius')
  const box = newBox()
  let router: Peer
  const acct = (attributes: Attributes) =>
    radclient(box.ports.acct, 'acct', secret, { 'NAS-IP-Address': '127.0.0.1', ...attributes })
  const open = (user: string, id: string) =>
    acct({ 'User-Name': user, 'Acct-Session-Id': id, 'Acct-Status-Type': 'Start', 'Framed-IP-Address': '10.0.0.7' })

  const disconnect = async (id: string): Promise<{ code: number; endings: Ending[] }> => {
    const { code, stdout } = await box.cli('session', 'disconnect', id, '--json')
    return { code, endings: JSON.parse(stdout) as Ending[] }
  }

  beforeAll(async () => {
    const port = await freePort()
    writeConfig(folder, 'radiusd.conf', freeradiusConfig(folder, port))
    router = await startPeer('freeradius', ['-X', '-d', folder, '-n', 'radiusd'], /Ready to process requests/)
    await box.start()
    await box.json('router', 'add', 'nas', '--address', '127.0.0.1', '--secret', secret, '--coa-port', `${port}`)
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    for (const user of ['amina', 'baraka', 'liar', 'stubborn']) {
      await box.json('subscriber', 'add', user, '--password', 'p', '--plan', 'Any')
    }
  })
  afterAll(async () => {
    await router?.stop()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a Disconnect names the session as the router did, and is done when the Stop has come', async () => {
    await open('amina', '81500001')
    const disconnecting = disconnect('81500001')
    await router.waitFor(/Received Disconnect-Request[^]*?Acct-Session-Id = "81500001"/)
    await router.waitFor(/Sent Disconnect-ACK/)
    await acct({ 'User-Name': 'amina', 'Acct-Session-Id': '81500001', 'Acct-Status-Type': 'Stop' })
    const { code, endings } = await disconnecting
    expect(code).toBe(0)
    expect(endings).toMatchObject([{ state: 'done' }])
    expect(endings[0]?.steps.map((step) => step.outcome)).toEqual(['ack', 'ended'])
    expect(await box.json('session', 'show', '81500001')).toMatchObject([{ state: 'stop' }])
  })

  test('a router that refuses is reported, and the session still stands', async () => {
    await open('stubborn', '81500002')
    const from = router.output().length
    const { code, endings } = await disconnect('81500002')
    await router.waitFor(/Sent Disconnect-NAK/, undefined, from)
    expect(code).not.toBe(0)
    expect(endings).toMatchObject([{ state: 'failed' }])
    expect(endings[0]?.steps.map((step) => step.outcome).filter((outcome) => !outcome.startsWith('nak'))).toEqual([])
    expect(await box.json('session', 'show', '81500002')).toMatchObject([{ state: 'start' }])
  })

  test('an acknowledgement without a Stop is not believed: the next means is tried, and said', async () => {
    await open('liar', '81500003')
    const { code, endings } = await disconnect('81500003')
    expect(code).not.toBe(0)
    const steps = endings[0]?.steps ?? []
    expect(steps.filter((step) => step.outcome === 'still-open').length).toBeGreaterThan(0)
    expect(new Set(steps.filter((step) => step.outcome === 'ack').map((step) => step.means)).size).toBeGreaterThan(1)
  })

  test('a CoA-Request carries the plan’s speed in the vendor’s own words', async () => {
    await open('amina', '81500004')
    const endings = await change(box.data, '81500004')
    expect(endings).toMatchObject([{ state: 'done' }])
    const [, coa] = await router.waitFor(/Received CoA-Request([^]*?)# Executing/)
    expect(coa).toContain('Acct-Session-Id = "81500004"')
    expect(coa).toContain('Mikrotik-Rate-Limit = "1M/1M"')
  })

  test('more time is told to the router, and one that refuses it ends nobody’s session', async () => {
    const kind = ['--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000']
    await box.json('plan', 'add', 'Hours', ...kind, '--clock', 'used', '--quota-time', '1h')
    for (const [user, id] of [
      ['timed', '81500006'],
      ['refused', '81500007'],
    ] as const) {
      await box.json('subscriber', 'add', user, '--password', 'p', '--plan', 'Hours')
      const { grant } = await box.json<{ grant: { no: number } }>('subscriber', 'show', user)
      // As its Accept has it: an hour.
      await acct({
        'User-Name': user,
        'Acct-Session-Id': id,
        'Acct-Status-Type': 'Start',
        Class: `0x${Buffer.from(`lango:${grant.no.toString(36)}:${(3600).toString(36)}`).toString('hex')}`,
      })
      await box.json('subscriber', 'topup', user, '--quota-time', '1h')
    }
    const [, coa] = await router.waitFor(/Received CoA-Request([^]*?"81500006"[^]*?)# Executing/)
    expect(coa).toContain('Session-Timeout = 7200')
    await router.waitFor(/"81500007"[^]*?Sent CoA-NAK/)
    const site = new Database(join(box.data, 'site.db'), { readonly: true })
    const orders = site.prepare<[], { id: string; state: string; sec: number | null }>(
      `SELECT acct_session_id id, state, timeout_sec sec FROM session_orders WHERE reason = 'extended' ORDER BY id`,
    )
    await expect
      .poll(() => orders.all(), { timeout: 10_000 })
      .toEqual([
        { id: '81500006', state: 'done', sec: 7200 },
        { id: '81500007', state: 'failed', sec: null },
      ])
    site.close()
    expect(router.output()).not.toMatch(/Received Disconnect-Request[^]{0,400}"8150000[67]"/)
    for (const id of ['81500006', '81500007'])
      expect(await box.json('session', 'show', id)).toMatchObject([{ state: 'start' }])
  })

  test('who is suspended is disconnected without being told to', async () => {
    await open('baraka', '81500005')
    const from = router.output().length
    await box.json('subscriber', 'suspend', 'baraka')
    const asked = router.waitFor(/Received Disconnect-Request[^]*?Acct-Session-Id = "81500005"/, undefined, from)
    await expect(asked).resolves.toBeDefined()
  })
})

const hostapdConfig = (ports: { auth: number; acct: number }, dasPort: number, link: string) => `
interface=${link}
driver=wired
logger_stdout=-1
logger_stdout_level=1
ieee8021x=1
use_pae_group_addr=1
nas_identifier=switch-1
own_ip_addr=127.0.0.1
auth_server_addr=127.0.0.1
auth_server_port=${ports.auth}
auth_server_shared_secret=${secret}
acct_server_addr=127.0.0.1
acct_server_port=${ports.acct}
acct_server_shared_secret=${secret}
radius_das_port=${dasPort}
radius_das_client=127.0.0.1 ${secret}
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
`

const supplicantConfig = `
ap_scan=0
network={
  key_mgmt=IEEE8021X
  eap=MD5
  identity="wanjiru"
  password="wired-password"
  eapol_flags=0
}
`

/** A whole 802.1X switch port: hostapd on one end of a virtual cable, wpa_supplicant on the other. */
suite('coa hostapd', () => {
  const folder = temporaryFolder('hostapd')
  const box = newBox()
  const tag = randomBytes(2).toString('hex')
  const namespace = `lango-${tag}`
  const [switchEnd, deviceEnd] = [`lg${tag}a`, `lg${tag}b`]
  const peers: Peer[] = []
  const ip = (...args: string[]) => mustRun(program('ip'), ...args)

  beforeAll(async () => {
    const dasPort = await freePort()
    await box.start()
    const router = ['--address', '127.0.0.1', '--secret', secret, '--vendor', 'generic', '--coa-port', `${dasPort}`]
    await box.json('router', 'add', 'switch-1', ...router)
    await box.json('plan', 'add', 'Wired', '--kind', '802.1x', '--down-kbps', '0', '--up-kbps', '0')
    await box.json('subscriber', 'add', 'wanjiru', '--password', 'wired-password', '--plan', 'Wired')
    await ip('netns', 'add', namespace)
    await ip('link', 'add', switchEnd, 'type', 'veth', 'peer', 'name', deviceEnd, 'netns', namespace)
    await ip('link', 'set', switchEnd, 'up')
    await ip('-n', namespace, 'link', 'set', deviceEnd, 'up')
    const hostapd = writeConfig(folder, 'hostapd.conf', hostapdConfig(box.ports, dasPort, switchEnd))
    peers.push(await startPeer('hostapd', ['-d', hostapd], /AP-ENABLED/))
  })
  afterAll(async () => {
    for (const peer of peers.toReversed()) await peer.stop()
    await box.remove()
    await ip('netns', 'del', namespace)
    rmSync(folder, { recursive: true, force: true })
  })

  test('a device logs in by 802.1X, is metered, and is really gone after a Disconnect', async () => {
    const [hostapd] = peers
    const config = writeConfig(folder, 'supplicant.conf', supplicantConfig)
    const args = ['netns', 'exec', namespace, program('wpa_supplicant'), '-Dwired', `-i${deviceEnd}`, `-c${config}`]
    peers.push(await startPeer('ip', args, /CTRL-EVENT-EAP-SUCCESS/))
    const started = await hostapd?.waitFor(/starting accounting session ([0-9A-F]+)/)
    const id = started?.[1] ?? ''
    await hostapd?.waitFor(/authenticated - EAP type: 4/)

    const { code, stdout, stderr } = await box.cli('session', 'disconnect', id, '--json')
    expect(code, stdout + stderr).toBe(0)
    expect(hostapd?.output()).toMatch(/DAS: Disconnect-Request|DAS: Received/)
    expect(hostapd?.output()).not.toContain('Session not found')
    // hostapd may use the id again at once: the ended session stays ended beside the new one.
    const sessions = await box.json<{ state: string; userName: string }[]>('session', 'show', id)
    expect(sessions[0]).toMatchObject({ state: 'stop', userName: 'wanjiru' })
  })
})
