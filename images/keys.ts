/**
 * Who may sign what a box installs: an authority whose certificate lies in the image, and a key of a release signed by
 * it. Real ones are made once and kept away from builders (docs/updates.md); without any, a build makes some for itself.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './shell.ts'

export type SigningKeys = {
  readonly authority: string
  readonly certificate: string
  readonly key: string
  /** The first root of the feed of releases (TUF), where there is a feed: a box takes no list of releases without. */
  readonly feedRoot: string
}

export const keysIn = (folder: string): SigningKeys => ({
  authority: join(folder, 'authority.pem'),
  certificate: join(folder, 'release.pem'),
  key: join(folder, 'release.key'),
  feedRoot: join(folder, 'root.json'),
})

export const areThere = (keys: SigningKeys): boolean =>
  [keys.authority, keys.certificate, keys.key].every((path) => existsSync(path))

/** A key of an authority of its own, P-256. */
export function makeKeys(folder: string, name: string): SigningKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keys = keysIn(folder)
  const authorityKey = join(folder, 'authority.key')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = (what: string): string => `/O=${name}/CN=${what}`
  run('openssl', [
    'req',
    '-x509',
    ...curve,
    '-keyout',
    authorityKey,
    '-out',
    keys.authority,
    '-days',
    '7300',
    '-subj',
    subject('authority'),
  ])
  const request = join(folder, 'release.csr')
  run('openssl', ['req', ...curve, '-keyout', keys.key, '-out', request, '-subj', subject('release')])
  run('openssl', [
    'x509',
    '-req',
    '-in',
    request,
    '-CA',
    keys.authority,
    '-CAkey',
    authorityKey,
    '-CAcreateserial',
    '-days',
    '1095',
    '-out',
    keys.certificate,
  ])
  return keys
}
