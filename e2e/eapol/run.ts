/**
 * Every EAP method against a RADIUS server, by wpa_supplicant's peer:
 *
 *     node e2e/eapol/run.ts --port 1812 --secret S --login alice --password P --ca ca.pem \
 *       [--client-cert alice.pem --client-key alice.key] [--only peap-mschapv2] [--show]
 */
import { parseArgs } from 'node:util'
import { type EapolLogin, eapolMethods, eapolTest, isTunneled, type TlsVersion } from './eapol.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '1812' },
    secret: { type: 'string' },
    login: { type: 'string' },
    password: { type: 'string' },
    ca: { type: 'string' },
    'client-cert': { type: 'string' },
    'client-key': { type: 'string' },
    only: { type: 'string' },
    show: { type: 'boolean', default: false },
  },
})
const { secret, login: identity, password, ca, 'client-cert': clientCert, 'client-key': clientKey } = values
if (secret === undefined || identity === undefined || password === undefined || ca === undefined) {
  console.error('--secret, --login, --password and --ca are needed')
  process.exit(2)
}

const certificate = clientCert && clientKey ? { clientCert, clientKey } : undefined
const logins: EapolLogin[] = eapolMethods
  .filter((method) => (values.only === undefined || values.only === method) && (method !== 'eap-tls' || certificate))
  .flatMap((method) => {
    const versions: TlsVersion[] = isTunneled(method) ? ['1.2', '1.3'] : ['1.2']
    return versions.map((tls) => ({ method, identity, password, ca, ...certificate, tls }))
  })

let failed = 0
for (const login of logins) {
  const { ok, output } = await eapolTest(login, { port: Number(values.port), secret })
  if (!ok) failed++
  if (!ok || values.show) console.log(output)
  const over = isTunneled(login.method) ? ` over TLS ${login.tls}` : ''
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${login.method}${over}`)
}
console.log(`${logins.length - failed} of ${logins.length} methods`)
process.exit(failed === 0 ? 0 : 1)
