/** Where backups are kept. Every call rejects with a sentence that says why. */
export interface BackupStore {
  /** Puts a local file there under a name; whoever reads it meets the whole of it or nothing. */
  put(name: string, file: BackupFile, signal: AbortSignal): Promise<void>
  /** Resolves when what is there under the name is what was put; rejects when it is not. */
  verify(name: string, file: BackupFile, signal: AbortSignal): Promise<void>
  /** The names that are there, in no order. */
  list(signal: AbortSignal): Promise<readonly string[]>
  remove(name: string, signal: AbortSignal): Promise<void>
  /** Brings one back into a local file that must not exist. */
  get(name: string, file: string, signal: AbortSignal): Promise<void>
}

export type BackupFile = { readonly path: string; readonly bytes: number; readonly sha256: string }
