import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newBox, temporaryFolder } from './box.ts'
import { eapolMethods, eapolTest, isTunneled, type EapolLogin, type TlsVersion } from './eapol/eapol.ts'
import { suite } from './peer.ts'

const secret = 'eapol-secret'
const password = 'Pa$$ wörd 1'

suite('eapol', () => {
  const folder = temporaryFolder('eapol')
  const box = newBox()
  const ca = join(folder, 'ca.pem')
  const clientCert = join(folder, 'amina.pem')
  const clientKey = join(folder, 'amina.key')
  const login = (more: Partial<EapolLogin> & Pick<EapolLogin, 'method'>) =>
    eapolTest(
      { identity: 'amina', password, ca, clientCert, clientKey, ...more },
      { port: box.ports.auth, secret, timeoutSec: 8 },
    )

  beforeAll(async () => {
    await box.start()
    await box.json('router', 'add', 'ap', '--address', '127.0.0.1', '--secret', secret, '--vendor', 'generic')
    await box.json('plan', 'add', 'Wifi', '--kind', '802.1x', '--down-kbps', '10000', '--up-kbps', '10000')
    await box.json('subscriber', 'add', 'amina', '--password', password, '--plan', 'Wifi')
    writeFileSync(ca, (await box.cli('tls', 'show')).stdout)
    await box.json('tls', 'issue', 'amina', '--out', folder)
  })
  afterAll(async () => {
    await box.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const everyWay = eapolMethods.flatMap((method) => {
    const versions: TlsVersion[] = isTunneled(method) ? ['1.2', '1.3'] : ['1.2']
    return versions.map((tls) => ({ method, tls }))
  })

  test.each(everyWay)('$method (TLS $tls where it has a tunnel) lets the right password in', async (way) => {
    const { ok, output } = await login(way)
    expect(ok, output.slice(-2_000)).toBe(true)
  })

  test.each(eapolMethods.filter((method) => method !== 'eap-tls'))('%s refuses a wrong password', async (method) => {
    // One of its own each: wrong passwords lock a login on a device out for a while.
    const identity = `guess-${method}`
    await box.json('subscriber', 'add', identity, '--password', password, '--plan', 'Wifi')
    const { ok, output } = await login({ method, identity, password: 'wrong' })
    expect(ok).toBe(false)
    expect(output).toMatch(/EAP-Failure|Access-Reject|code=3/i)
  })

  test('EAP-TLS refuses a login without a certificate of this box', async () => {
    const { ok } = await login({ method: 'eap-tls', clientCert: '', clientKey: '' })
    expect(ok).toBe(false)
  })

  test('the session belongs to the inner identity, not to what is said outside the tunnel (X6)', async () => {
    expect((await login({ method: 'peap-mschapv2', anonymous: 'anonymous@elsewhere' })).ok).toBe(true)
    expect(JSON.stringify(await box.json('decisions', 'amina'))).toMatch(/accept/i)
    const stranger = await login({ method: 'ttls-pap', identity: 'nobody', anonymous: 'amina' })
    expect(stranger.ok).toBe(false)
  })

  test('small fragments are put together', async () => {
    expect((await login({ method: 'eap-tls', fragmentBytes: 200 })).ok).toBe(true)
  })

  test('no password is in what the box wrote', () => {
    expect(box.output()).not.toContain('Pa$$')
  })
})
