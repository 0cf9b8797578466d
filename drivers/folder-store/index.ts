/** Keeps backups in a folder (a second disk, a mounted share): fills `BackupStore` of the backups module. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BackupStore } from '@lango/modules/backups/port'

/** One after the other: Node's recursive `mkdir` goes round for ever where a folder takes no others, as in /proc. */
const makeFolders = async (folder: string): Promise<void> => {
  const names = resolve(folder).split('/').slice(1)
  for (const last of names.keys()) {
    try {
      await mkdir(`/${names.slice(0, last + 1).join('/')}`, { mode: 0o700 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

export const createFolderStore = (folder: string): BackupStore => {
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      throw new Error(`${folder} cannot be used (${code ?? message})`, { cause: error })
    }
  }
  const syncOf = async (path: string): Promise<void> => {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  return {
    put: (name, file) =>
      told(
        (async () => {
          await makeFolders(folder)
          const part = join(folder, `${name}.part`)
          try {
            await copyFile(file.path, part)
            await syncOf(part)
            await rename(part, join(folder, name))
            await syncOf(folder)
          } finally {
            await rm(part, { force: true })
          }
        })(),
      ),
    async verify(name, file) {
      const hash = createHash('sha256')
      await told(pipeline(createReadStream(join(folder, name)), hash))
      if (hash.digest('hex') !== file.sha256) throw new Error(`what is in ${folder} is not what was put there`)
    },
    list: () => told(readdir(folder)),
    remove: (name) => told(rm(join(folder, name))),
    get: (name, file) => told(copyFile(join(folder, name), file, constants.COPYFILE_EXCL)),
  }
}
