/** What processes cost, read from /proc: a server with all its children, and the whole machine. */
import { readdirSync, readFileSync } from 'node:fs'

// USER_HZ is 100 on every Linux that Node runs on; see time(7).
const TICKS_PER_SECOND = 100
const KIB = 1024

type ProcessStat = { readonly pid: number; readonly parent: number; readonly ticks: number }

/** These processes and all their descendants. */
export function processTree(roots: readonly number[]): number[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (processStat(Number(name)) ?? []) : []))
  const tree = new Set(roots)
  for (let before = -1; before !== tree.size;) {
    before = tree.size
    for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid)
  }
  return [...tree]
}

/** Undefined when the process has ended meanwhile. Fields as in proc_pid_stat(5); a name may hold spaces and brackets. */
function processStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Own time, and that of children that have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { pid, parent: Number(fields[1]), ticks }
  } catch {
    return undefined
  }
}

export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * KIB
  }, 0)
}

/**
 * Processor time so far, in seconds: of the trees under some processes, of everything this process started (children
 * that have ended included), and of the whole machine. `at` is the instant, in seconds of a clock that only goes on.
 */
export type CpuTimes = { readonly server: number; readonly ours: number; readonly machine: number; readonly at: number }

export function cpuTimes(roots: readonly number[]): CpuTimes {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  // cpu user nice system idle iowait irq softirq steal: all but idle, iowait and steal is work done here.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.trim().split(/\s+/).slice(1).map(Number)
  return {
    server: treeSeconds(roots),
    ours: treeSeconds([process.pid]),
    machine: (user + nice + system + irq + softirq) / TICKS_PER_SECOND,
    at: performance.now() / 1000,
  }
}

function treeSeconds(roots: readonly number[]): number {
  return processTree(roots).reduce((sum, pid) => sum + (processStat(pid)?.ticks ?? 0), 0) / TICKS_PER_SECOND
}
