/** What this box keeps of the backups of others: its door in the web, its folders, and how others find it. */
import type { Clock, Log } from '@lango/kernel'
import { runSite } from '@lango/kernel/db'
import { system } from '@lango/kernel/verbs'
import { listShelves, recordShelf, shelfSecretPurpose } from '@lango/modules/backups'
import type { ShelfHeld } from '@lango/modules/backups/port'
import type { Hono } from 'hono'
import { diskSpace } from '../doctor/machine.ts'
import type { DataFolder } from '../data-folder.ts'
import type { Site } from '../site.ts'
import { createShelfDoor } from './door.ts'
import { Shelves } from './folders.ts'
import type { Lent } from './signed-request.ts'

export { shelfAddress, type ShelfAddressFault } from './address.ts'

type Row = { readonly id: string; readonly name: string; readonly secret: Buffer; readonly bytesMax: number }

type Parts = Pick<Site, 'database' | 'vault' | 'dispatcher' | 'ids'> & { readonly clock: Clock }

export const shelvesOf = ({ dir }: Pick<DataFolder, 'dir'>): Shelves => new Shelves(dir, () => diskSpace(dir))

/** To be mounted at `SHELF_PATH`, before whatever asks who somebody is. What a stopped box left half is gone by then. */
export const openShelf = async (site: Parts, shelves: Shelves, log: Log): Promise<Hono> => {
  const { database, vault, clock, dispatcher, ids } = site
  const byKey = database.raw.prepare<[string], Row>(
    'SELECT id, name, secret, bytes_max bytesMax FROM backup_shelves WHERE access_key_id = ?',
  )
  const lentTo = (accessKeyId: string): Lent | undefined => {
    const row = byKey.get(accessKeyId)
    if (!row) return undefined
    const secretKey = vault.open(row.secret, shelfSecretPurpose(row.id))
    if (secretKey.ok) return { name: row.name, bytesMax: row.bytesMax, secretKey: secretKey.value }
    log.error('the secret of a shelf cannot be opened', { shelf: row.name, fault: secretKey.error })
    return undefined
  }
  const changed = async (name: string): Promise<void> => {
    const held = await shelves.count(name)
    const known = runSite(listShelves, database, {}).find((shelf) => shelf.name === name)
    if (known && (Object.keys(held) as (keyof ShelfHeld)[]).every((fact) => held[fact] === known[fact])) return
    const by = { id: ids.next('cmd'), actor: system('shelf') }
    const done = dispatcher.dispatch(recordShelf, { name, ...held }, by)
    if (!done.ok) log.warn('what lies on a shelf could not be written down', { shelf: name, fault: done.error })
  }
  await shelves.tidy()
  for (const { name } of runSite(listShelves, database, {})) await changed(name)
  return createShelfDoor({ lentTo, shelves, changed, clock, log })
}
