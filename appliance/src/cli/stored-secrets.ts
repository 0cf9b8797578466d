/** What the test client needs of the data folder: a subscriber's password, and the secret of the router it poses as. */
import { openVault, systemRandom, type Fault, type Result } from '@lango/kernel'
import { openDatabase, type RawDatabase } from '@lango/kernel/db'
import { credentialPurpose } from '@lango/modules/access'
import { contains, parseAddress, parseRange, routerSecretPurpose } from '@lango/modules/network'
import type { DataFolder } from '../data-folder.ts'

export type Stored = { readonly password: string | undefined; readonly routerSecret: string | undefined }

/** Reads only; whoever may read the key file is the box's owner. */
export const readStored = (
  folder: DataFolder,
  { login, address }: { readonly login: string; readonly address: string },
): Result<Stored, Fault> => {
  const vault = openVault({ file: folder.keyFile, create: false, random: systemRandom() })
  if (!vault.ok) return vault
  const site = openDatabase({ file: folder.siteFile, readonly: true })
  if (!site.ok) return site
  try {
    const open = (sealed: Buffer | undefined, purpose: string): string | undefined => {
      const opened = sealed === undefined ? undefined : vault.value.open(sealed, purpose)
      return opened?.ok === true ? opened.value.reveal() : undefined
    }
    const grant = site.value.raw
      .prepare<[string], { id: string; credential: Buffer | null }>('SELECT id, credential FROM grants WHERE login = ?')
      .get(login)
    const router = routerAt(site.value.raw, address)
    return {
      ok: true,
      value: {
        password: grant && open(grant.credential ?? undefined, credentialPurpose(grant.id)),
        routerSecret: router && open(router.secret, routerSecretPurpose(router.id)),
      },
    }
  } finally {
    site.value.close()
  }
}

/** Of the router that this machine is to the box, where it is one. */
export const routerSecretAt = (folder: DataFolder, address: string): string | undefined => {
  const stored = readStored(folder, { login: '', address })
  return stored.ok ? stored.value.routerSecret : undefined
}

/** As the box finds it: an exact address before a range, a longer prefix before a shorter. */
const routerAt = (site: RawDatabase, address: string): { readonly id: string; readonly secret: Buffer } | undefined => {
  const from = parseAddress(address)
  const rows = site
    .prepare<[], { id: string; address: string; secret: Buffer }>(
      "SELECT id, address, secret FROM routers WHERE status = 'active'",
    )
    .all()
  return rows
    .map((row) => ({ ...row, range: parseRange(row.address) }))
    .filter(({ range }) => from !== undefined && range !== undefined && contains(range, from))
    .sort((a, b) => b.range!.bits - a.range!.bits)[0]
}

/** Network passwords by login, to hold them against those of a file. Reads only. */
export const readPasswords = (
  folder: DataFolder,
  logins: readonly string[],
): Result<ReadonlyMap<string, string>, Fault> => {
  const passwords = new Map<string, string>()
  if (logins.length === 0) return { ok: true, value: passwords }
  const vault = openVault({ file: folder.keyFile, create: false, random: systemRandom() })
  if (!vault.ok) return vault
  const site = openDatabase({ file: folder.siteFile, readonly: true })
  if (!site.ok) return site
  try {
    const sealed = site.value.raw.prepare<[string], { id: string; credential: Buffer | null }>(
      'SELECT id, credential FROM grants WHERE login = ?',
    )
    for (const login of logins) {
      const grant = sealed.get(login)
      const opened = grant?.credential ? vault.value.open(grant.credential, credentialPurpose(grant.id)) : undefined
      if (opened?.ok) passwords.set(login, opened.value.reveal())
    }
    return { ok: true, value: passwords }
  } finally {
    site.value.close()
  }
}
