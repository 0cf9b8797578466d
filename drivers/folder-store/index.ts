/** Keeps backups in a folder (a second disk, a mounted share): fills `BackupStore` of the backups module. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BackupStore } from '@lango/modules/backups/port'

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
          await mkdir(folder, { recursive: true, mode: 0o700 })
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
