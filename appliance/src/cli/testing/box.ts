/** The command line in a test: a folder of its own, and what it says in texts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { orThrow } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import { makeFolder, type DataFolder } from '../../data-folder.ts'
import { openSite } from '../../site.ts'
import { runCli } from '../run.ts'

export type Said = { readonly code: number; readonly out: string; readonly err: string }

export type TestBox = {
  readonly dir: string
  readonly folder: DataFolder
  /** Runs `lango … --data DIR`. */
  lango(...argv: string[]): Promise<Said>
  /** Runs it on another folder. */
  langoAt(dir: string, ...argv: string[]): Promise<Said>
  /** The same with stdin. */
  langoWith(stdin: string, ...argv: string[]): Promise<Said>
  /** The same in another environment. */
  langoIn(env: Readonly<Record<string, string>>, stdin: string, ...argv: string[]): Promise<Said>
  /** The same with --json, parsed; throws when it fails. */
  json<T>(...argv: string[]): Promise<T>
  remove(): void
}

/** A box's folder, made and closed again. */
export const testBox = (): TestBox => {
  const dir = mkdtempSync(join(tmpdir(), 'lango-cli-'))
  const folder = orThrow(makeFolder(dir))
  orThrow(openSite(folder, collectingLog())).close()
  const runAt = async (at: string, stdin: string, argv: readonly string[], env = {}): Promise<Said> => {
    let [out, err, elapsed] = ['', '', 0]
    const code = await runCli([...argv, '--data', at], {
      env,
      now: () => Date.now(),
      // Each look at the clock is a second later: nothing waits long.
      monotonicMs: () => (elapsed += 1000),
      osUser: 'tester',
      uid: process.getuid!(),
      hostName: 'pop',
      out: (text) => (out += text),
      drained: () => Promise.resolve(),
      err: (text) => (err += text),
      readStdin: () => Promise.resolve(stdin),
    })
    return { code, out, err }
  }
  const langoWith = (stdin: string, ...argv: string[]): Promise<Said> => runAt(dir, stdin, argv)
  return {
    dir,
    folder,
    langoWith,
    langoIn: (env, stdin, ...argv) => runAt(dir, stdin, argv, env),
    langoAt: (at, ...argv) => runAt(at, '', argv),
    lango: (...argv) => langoWith('', ...argv),
    async json<T>(...argv: string[]) {
      const { code, out, err } = await langoWith('', ...argv, '--json')
      if (code !== 0) throw new Error(`lango ${argv.join(' ')} ended with ${code}: ${err}`)
      return JSON.parse(out) as T
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
