/** Keeps backups in a folder (a second disk, a mounted share) or on a stick: fills `BackupStore` of the backups module. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
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

/** What a stick that was pulled out, or a power cut, left of an earlier one of the same box: its name differs in its time alone. */
const isLeftOf = (name: string) => {
  const box = name.slice(0, name.lastIndexOf('-') + 1)
  return (other: string): boolean =>
    box !== '' && other.length === name.length + '.part'.length && other.startsWith(box) && other.endsWith('.part')
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
          for (const left of (await readdir(folder)).filter(isLeftOf(name))) await rm(join(folder, left))
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

/** On a stick; whoever restores a box looks there. */
const STICK_FOLDER = 'lango-backups'

/**
 * Keeps backups on the stick that is plugged in when one is made: sticks may take turns. `sticksDir` has a folder for
 * each; those for backups alone can be written to (images/overlay/usr/lib/lango/usb-stick).
 */
export const createStickStore = (sticksDir: string | undefined): BackupStore => {
  const onStick = async (): Promise<BackupStore> => {
    if (sticksDir === undefined) throw new Error('this machine mounts no sticks by itself')
    for (const name of (await readdir(sticksDir).catch((): string[] => [])).toSorted()) {
      const isWritable = await access(join(sticksDir, name), constants.W_OK).then(
        () => true,
        () => false,
      )
      if (isWritable) return createFolderStore(join(sticksDir, name, STICK_FOLDER))
    }
    throw new Error('no stick for backups is plugged in')
  }
  return {
    put: async (...told) => (await onStick()).put(...told),
    verify: async (...told) => (await onStick()).verify(...told),
    list: async (...told) => (await onStick()).list(...told),
    remove: async (...told) => (await onStick()).remove(...told),
    get: async (...told) => (await onStick()).get(...told),
  }
}
