/** What is done in the folder of a shelf besides what the other box does there. */
import { defineJob, type AnyJob } from '@lango/kernel/verbs'
import type { ShelfFolders } from './port.ts'
import { listShelves } from './queries.ts'
import { recordShelf } from './shelf-commands.ts'
import { tendShelf } from './tend-shelf.ts'

export const createShelfJob = (folders: ShelfFolders): AnyJob =>
  defineJob({
    ...tendShelf,
    limits: { atOnce: 1 },
    async run(context, { name, remove }) {
      // Lent again meanwhile: what lies there is the new one's.
      const isLent = context.query(listShelves, {}).some((shelf) => shelf.name === name)
      if (isLent) context.dispatch(recordShelf, { name, ...(await folders.count(name)) })
      else if (remove) await folders.remove(name)
    },
  })
