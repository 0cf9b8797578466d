/** The command line. Environment, clock and streams are read here and handed on. */
import { once } from 'node:events'
import { enableCompileCache } from 'node:module'
import { hostname, userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { runCli } from './cli/run.ts'

// What was compiled once (and stripped of its types) is read from the cache: it halves the start of every command.
enableCompileCache()

// `lango session ids | head`: whoever reads has had enough.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0)
})

/** A container may run under a number that has no name. */
const osUser = (): { username: string; uid: number } => {
  try {
    return userInfo()
  } catch {
    const uid = process.getuid?.() ?? -1
    return { username: String(uid), uid }
  }
}
const { username, uid } = osUser()

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  osUser: username,
  uid,
  hostName: hostname(),
  out: (chunk) => void process.stdout.write(chunk),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
  },
  err: (chunk) => void process.stderr.write(chunk),
  readStdin: () => text(process.stdin),
})
