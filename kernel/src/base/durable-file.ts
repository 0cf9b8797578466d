/** Files that are whole after a power cut: written beside, synced, renamed, and the folder synced. */
import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'

export const writeDurably = (file: string, content: string | Uint8Array, mode: number): void => {
  const beside = `${file}.new`
  const handle = openSync(beside, 'w', mode)
  try {
    fchmodSync(handle, mode)
    writeFileSync(handle, content)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(beside, file)
  syncFolder(dirname(file))
}

export const syncFolder = (dir: string): void => {
  const handle = openSync(dir, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Undefined where it is not there, or not what it should be: both are the other side's to mend. */
export const readJson = <S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined => {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
