/** A certificate authority and a server certificate for the peer, with a key of the kind the box uses. */
import { join } from 'node:path'
import type { Certificates } from './peers/freeradius.ts'
import { run } from './processes.ts'

/** `tls` is what the generator saw of the box, for example `…, key EC 256` or `…, key RSA 2048`. */
export async function makeCertificates(folder: string, tls: string): Promise<Certificates> {
  const path = (name: string): string => join(folder, name)
  const kind = keyArguments(tls)
  const subject = (name: string): string[] => ['-nodes', '-subj', `/CN=${name}`]
  const validity = ['-days', '30']
  await run('openssl', [
    'req',
    '-x509',
    ...kind,
    ...subject('bench CA'),
    ...validity,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
  ])
  await run('openssl', [
    'req',
    ...kind,
    ...subject('radius.bench'),
    '-keyout',
    path('server.key'),
    '-out',
    path('server.csr'),
  ])
  const signed = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', ...validity]
  await run('openssl', ['x509', '-req', '-in', path('server.csr'), ...signed, '-out', path('server.pem')])
  return { ca: path('ca.pem'), certificate: path('server.pem'), key: path('server.key') }
}

function keyArguments(tls: string): string[] {
  const [, type, bits] = /key (\w+) (\d+)$/.exec(tls) ?? []
  if (type === 'RSA') return ['-newkey', `rsa:${bits}`]
  if (type === 'EC') return ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:P-${bits}`]
  throw new TypeError(`no certificate is made for "${tls}"`)
}
