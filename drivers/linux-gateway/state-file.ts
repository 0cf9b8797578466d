/** What must outlive the process: who is online, and which Stops the box has not answered. One file, written whole. */
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ended, Session } from './sessions.ts'

export type GatewayState = {
  /** Times of sessions are of this boot. */
  readonly bootId: string
  /** Whether the box knows that this gateway has started anew. */
  readonly isOnReported: boolean
  readonly sessions: readonly Session[]
  readonly ended: readonly Ended[]
}

export interface StateFile {
  read(): Promise<GatewayState | undefined>
  /** Resolves when what `current` told after this call is on disk; calls meanwhile share one write. */
  save(): Promise<void>
}

/** A release before this one has written sessions without. */
const withIpv6 = (session: Session): Session => ({ ...session, addresses6: session.addresses6 ?? [] })

export const createStateFile = (dir: string, current: () => GatewayState): StateFile => {
  const file = join(dir, 'sessions.json')
  const write = async (): Promise<void> => {
    const fresh = await open(`${file}.new`, 'w', 0o600)
    try {
      await fresh.writeFile(JSON.stringify(current()))
      await fresh.sync()
    } finally {
      await fresh.close()
    }
    await rename(`${file}.new`, file)
    const folder = await open(dir, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
  let running: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return {
    async read() {
      try {
        const state = JSON.parse(await readFile(file, 'utf8')) as GatewayState
        return {
          ...state,
          sessions: state.sessions.map(withIpv6),
          ended: state.ended.map((one) => ({ ...one, session: withIpv6(one.session) })),
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    save() {
      waiting ??= running.then(() => {
        waiting = undefined
        const done = write()
        running = done.catch(() => undefined)
        return done
      })
      return waiting
    },
  }
}
