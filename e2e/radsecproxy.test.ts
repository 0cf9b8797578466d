import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun, newBox, temporaryFolder } from './box.ts'
import { freePort, radclient, startPeer, suite, writeConfig, type Peer } from './peer.ts'

// RFC 6614: the secret inside the tunnel is the word "radsec".
const secret = 'between-router-and-proxy'

type Tunnel = { folder: string; udpPort: number; radsecPort: number; certificate: string; key: string }

const proxyConfig = ({ folder, udpPort, radsecPort, certificate, key }: Tunnel) => `
ListenUDP 127.0.0.1:${udpPort}
LogLevel 2
tls default {
  CACertificateFile ${join(folder, 'ca.pem')}
  CertificateFile ${certificate}
  CertificateKeyFile ${key}
}
client router {
  host 127.0.0.1
  type udp
  secret ${secret}
}
server lango {
  host 127.0.0.1
  port ${radsecPort}
  type TLS
  secret radsec
  certificateNameCheck off
  statusServer off
}
realm * {
  server lango
  accountingServer lango
}
`

suite('radsecproxy', () => {
  const folder = temporaryFolder('radsec')
  const box = newBox()
  const proxies: Peer[] = []

  async function startProxy(name: string, certificate: string, key: string): Promise<number> {
    const udpPort = await freePort()
    const tunnel = { folder, udpPort, radsecPort: box.ports.radsec, certificate, key }
    const config = writeConfig(folder, `${name}.conf`, proxyConfig(tunnel))
    proxies.push(await startPeer('radsecproxy', ['-f', '-d', '2', '-c', config], /createlistener/))
    return udpPort
  }

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'proxy-1', '--address', '127.0.0.1', '--secret', 'radsec')
    await box.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await box.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Any')
    writeFileSync(join(folder, 'ca.pem'), (await box.cli('tls', 'show')).stdout)
  })
  afterAll(async () => {
    for (const proxy of proxies) await proxy.stop()
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a login and its accounting go through the tunnel', { timeout: 60_000 }, async () => {
    const issued = await box.cli('tls', 'issue', 'proxy-1', '--out', folder)
    expect(issued.code, issued.stderr).toBe(0)
    const port = await startProxy('good', join(folder, 'proxy-1.pem'), join(folder, 'proxy-1.key'))
    const login = { 'User-Name': 'amina', 'User-Password': 'right' }
    expect((await radclient(port, 'auth', secret, login, 5)).code).toBe('Access-Accept')
    expect((await radclient(port, 'auth', secret, { ...login, 'User-Password': 'wrong' })).code).toBe('Access-Reject')
    const start = { 'User-Name': 'amina', 'Acct-Session-Id': 'tls-1', 'Acct-Status-Type': 'Start' }
    expect((await radclient(port, 'acct', secret, start)).code).toBe('Accounting-Response')
    expect(await box.json('session', 'show', 'tls-1')).toMatchObject([{ state: 'start', userName: 'amina' }])
  })

  test('a certificate of another authority gets no tunnel', async () => {
    const [certificate, key] = [join(folder, 'rogue.pem'), join(folder, 'rogue.key')]
    const subject = ['-subj', '/CN=proxy-1', '-days', '2']
    await mustRun(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      ...subject,
    )
    const port = await startProxy('rogue', certificate, key)
    const reply = await radclient(port, 'auth', secret, { 'User-Name': 'amina', 'User-Password': 'right' })
    expect(reply.code).toBeUndefined()
  })
})
