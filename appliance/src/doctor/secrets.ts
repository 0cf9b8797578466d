/** Keys, certificates and backups. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openVault, type Random, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { credentialPurpose, passphrasePurpose } from '@lango/modules/access'
import { senderSecretPurpose } from '@lango/modules/messages'
import { routerSecretPurpose } from '@lango/modules/network'
import { webhookSecretPurpose } from '@lango/modules/webhooks'
import { LAST_BACKUP_FILE, lastBackupSchema } from '../backup/index.ts'
import { ago, localTime, octets } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { readPair } from '../tls/index.ts'
import { DAY_MS, fine, found, HOUR_MS, type Check } from './check.ts'
import { certificateTitles } from './english-findings.ts'
import type { CertificateName } from './findings.ts'

/** Of the box's own certificate there is something to do only if it was not renewed thirty days ahead. */
const EXPIRES_SOON_MS = { ca: 30 * DAY_MS, own: 30 * DAY_MS, server: 14 * DAY_MS } as const
const BACKUP_OLD_MS = 7 * DAY_MS

type Box = { readonly id: string; readonly sealed: Buffer }

/** One box of each key there is: octets 2 to 5 name the key. */
const samples = (site: RawDatabase, table: string, column: string): Box[] =>
  site
    .prepare<[], Box>(
      `SELECT id, "${column}" sealed FROM "${table}" WHERE "${column}" IS NOT NULL GROUP BY substr("${column}", 2, 4)`,
    )
    .all()

export const checkKeys = (folder: DataFolder, site: RawDatabase, random: Random): Check => {
  const vault = openVault({ file: folder.keyFile, create: false, random })
  if (!vault.ok) return found('keys', 'stopped', { type: 'keys-unfit', fault: vault.error })
  const boxes = [
    ...samples(site, 'grants', 'credential').map((box) => ({ ...box, purpose: credentialPurpose(box.id) })),
    ...samples(site, 'passphrases', 'passphrase').map((box) => ({ ...box, purpose: passphrasePurpose(box.id) })),
    ...samples(site, 'routers', 'secret').map((box) => ({ ...box, purpose: routerSecretPurpose(box.id) })),
    ...samples(site, 'message_senders', 'secret').map((box) => ({ ...box, purpose: senderSecretPurpose(box.id) })),
    ...samples(site, 'webhook_endpoints', 'secret').map((box) => ({ ...box, purpose: webhookSecretPurpose(box.id) })),
  ]
  const lost = boxes.filter(({ sealed, purpose }) => !vault.value.open(sealed, purpose).ok)
  if (lost.length > 0) return found('keys', 'stopped', { type: 'keys-lost' })
  return fine('keys', `The key file is closed to others and opens what is stored.${unsealedNote(vault.value, boxes)}`)
}

const unsealedNote = (vault: Vault, boxes: readonly Box[]): string =>
  boxes.every(({ sealed }) => vault.isCurrent(sealed))
    ? ''
    : ' Some are sealed under an older key: lango keys rotate seals them anew.'

export const checkCertificates = (folder: DataFolder, now: number): Check[] => {
  const authority = readPair(folder, 'ca')
  if (authority.ok && authority.value === undefined)
    return [found('certificates', 'attention', { type: 'certificates-none' })]
  return (['ca', 'own', 'server'] as const).flatMap((name) => {
    const pair = readPair(folder, name)
    if (!pair.ok) return [found('certificates', 'stopped', { type: 'certificate-unfit', fault: pair.error })]
    return pair.value === undefined
      ? []
      : [checkDates(name, new X509Certificate(pair.value.certPem).validToDate.getTime(), now)]
  })
}

const checkDates = (certificate: CertificateName, notAfter: number, now: number): Check => {
  const facts = { certificate, notAfter }
  if (notAfter <= now) return found('certificates', 'stopped', { type: 'certificate-ended', ...facts })
  if (notAfter - now < EXPIRES_SOON_MS[certificate])
    return found('certificates', 'attention', { type: 'certificate-ending', ...facts })
  return fine('certificates', `${certificateTitles[certificate]} is good until ${localTime(notAfter)}.`)
}

export const checkBackup = ({ dir }: DataFolder, now: number): Check => {
  const file = join(dir, LAST_BACKUP_FILE)
  const last = existsSync(file) ? lastBackupSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  if (last?.success !== true) return found('backup', 'attention', { type: 'backup-none' })
  const { at, file: archive, bytes } = last.data
  if (now - at > BACKUP_OLD_MS) {
    const ageHours = Math.floor((now - at) / HOUR_MS)
    return found('backup', 'attention', { type: 'backup-old', ageHours, file: archive, octets: bytes })
  }
  return fine('backup', `The last backup is from ${ago(at, now)}: ${archive}, ${octets(bytes)}.`)
}
