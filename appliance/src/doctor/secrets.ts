/** Keys, certificates and backups. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openVault, type Random, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { credentialPurpose, passphrasePurpose } from '@lango/modules/access'
import { routerSecretPurpose } from '@lango/modules/network'
import { webhookSecretPurpose } from '@lango/modules/webhooks'
import { LAST_BACKUP_FILE, lastBackupSchema } from '../backup/index.ts'
import { faultSentence } from '../cli/faults.ts'
import { ago, localTime, octets } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { readPair } from '../tls/index.ts'
import { attention, DAY_MS, fine, stopped, type Check } from './check.ts'

/** The box renews its own thirty days ahead; of the owner's there are two weeks left to get another. */
const EXPIRES_SOON_MS = 14 * DAY_MS
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
  if (!vault.ok)
    return stopped('keys', faultSentence(vault.error), 'Put keys.json back from a backup: lango restore FILE')
  const boxes = [
    ...samples(site, 'grants', 'credential').map((box) => ({ ...box, purpose: credentialPurpose(box.id) })),
    ...samples(site, 'passphrases', 'passphrase').map((box) => ({ ...box, purpose: passphrasePurpose(box.id) })),
    ...samples(site, 'routers', 'secret').map((box) => ({ ...box, purpose: routerSecretPurpose(box.id) })),
    ...samples(site, 'webhook_endpoints', 'secret').map((box) => ({ ...box, purpose: webhookSecretPurpose(box.id) })),
  ]
  const lost = boxes.filter(({ sealed, purpose }) => !vault.value.open(sealed, purpose).ok)
  if (lost.length > 0)
    return stopped(
      'keys',
      'Passwords or router secrets are sealed under keys that the key file lacks: their logins are refused.',
      'Put keys.json back from a backup, or set those passwords again.',
    )
  return fine('keys', `The key file is closed to others and opens what is stored.${unsealedNote(vault.value, boxes)}`)
}

const unsealedNote = (vault: Vault, boxes: readonly Box[]): string =>
  boxes.every(({ sealed }) => vault.isCurrent(sealed))
    ? ''
    : ' Some are sealed under an older key: lango keys rotate seals them anew.'

export const checkCertificates = (folder: DataFolder, now: number): Check[] => {
  const authority = readPair(folder, 'ca')
  if (authority.ok && authority.value === undefined)
    return [attention('certificates', 'There are no certificates yet.', 'The box makes them when it starts.')]
  return (['ca', 'own', 'server'] as const).flatMap((name) => {
    const pair = readPair(folder, name)
    if (!pair.ok)
      return [
        stopped(
          'certificates',
          faultSentence(pair.error),
          'Restore it from a backup, or remove it and start the box: it makes a new one.',
        ),
      ]
    return pair.value === undefined
      ? []
      : [checkDates(name, new X509Certificate(pair.value.certPem).validToDate.getTime(), now)]
  })
}

const titles = {
  ca: 'The authority’s certificate',
  own: 'Your own server certificate',
  server: 'The box’s server certificate',
}

const checkDates = (name: keyof typeof titles, notAfter: number, now: number): Check => {
  const sentence = `${titles[name]} is good until ${localTime(notAfter)}.`
  const remedy =
    name === 'own'
      ? 'Put the renewed one in its place: lango tls use --cert FILE --key FILE'
      : 'Restart the box: it renews it.'
  if (notAfter <= now)
    return stopped('certificates', `${titles[name]} ended on ${localTime(notAfter)}: devices refuse it.`, remedy)
  return notAfter - now < EXPIRES_SOON_MS ? attention('certificates', sentence, remedy) : fine('certificates', sentence)
}

export const checkBackup = ({ dir }: DataFolder, now: number): Check => {
  const file = join(dir, LAST_BACKUP_FILE)
  const remedy = 'Make one, and keep it on another machine: lango backup FILE'
  const last = existsSync(file) ? lastBackupSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  if (last?.success !== true) return attention('backup', 'No backup has been made yet.', remedy)
  const { at, file: archive, bytes } = last.data
  const sentence = `The last backup is from ${ago(at, now)}: ${archive}, ${octets(bytes)}.`
  return now - at > BACKUP_OLD_MS ? attention('backup', sentence, remedy) : fine('backup', sentence)
}
