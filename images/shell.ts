import { spawnSync, type SpawnSyncOptions } from 'node:child_process'

/** Runs one program to its end; what it wrote is returned. Throws its words where it fails: an image is whole or none. */
export function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const ended = spawnSync(command, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    ...options,
    // Daemons' tools live in sbin, which is not on everybody's path.
    env: { ...process.env, ...options.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C', TZ: 'UTC' },
  })
  if (ended.error !== undefined) throw new Error(`${command}: ${ended.error.message}`)
  if (ended.status !== 0) {
    const words = `${String(ended.stdout)}${String(ended.stderr)}`.trimEnd().split('\n').slice(-20).join('\n')
    throw new Error(`${[command, ...args].join(' ')}\n${words}`)
  }
  return String(ended.stdout)
}
