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

/** What lies on a shelf: `newestAt` is when that one came, epoch ms. */
export type ShelfHeld = {
  readonly bytesUsed: number
  readonly kept: number
  readonly newestName: string | null
  readonly newestAt: number | null
}

/** Where what is kept for others lies, by the name of its shelf. */
export interface ShelfFolders {
  count(name: string): Promise<ShelfHeld>
  /** All of it. */
  remove(name: string): Promise<void>
}

/** How another box reaches the shelves of this one (`shelf.address` of a running box). */
export type ShelfAddress = {
  /** As the other box is told; behind its `#` what the chain of certificates has to end in. */
  readonly endpoint: string
  /** The same by the other addresses of this box. */
  readonly others: readonly string[]
}
