import { spawnSync } from 'node:child_process'

const WEEK_SEC = 7 * 86_400

/**
 * Has a commit of the week before HEAD touched one of these paths? Without a history that reaches so far (a shallow
 * clone, an archive) nobody can tell, and the answer is yes.
 */
export function touchedLately(root: string, paths: readonly string[]): boolean {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
    return status === 0 ? stdout.trim() : undefined
  }
  const headAtSec = Number(git('log', '-1', '--format=%ct'))
  if (!Number.isFinite(headAtSec) || headAtSec === 0 || git('rev-parse', '--is-shallow-repository') !== 'false')
    return true
  return git('log', '-1', '--format=%h', `--since=@${headAtSec - WEEK_SEC}`, '--', ...paths) !== ''
}
