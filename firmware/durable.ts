/** Files that are whole after a power cut: written beside, synced, renamed, and the folder synced. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const writeWhole = (file: string, content: string, mode = 0o600): void => {
  const handle = openSync(`${file}.new`, 'w', mode)
  try {
    writeFileSync(handle, content)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${file}.new`, file)
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
