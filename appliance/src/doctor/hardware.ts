/** The hardware under the box: disk, memory, processors, warmth, as the kernel tells of them. */
import { namesIn, loadIn, memoryIn, oomKillsIn, pressureIn, warmthIn, type Memory } from '../machine/kernel-files.ts'
import { diskHealth, mountOf } from '../machine/disk-health.ts'
import { octets } from '../cli/format.ts'
import type { DataFolder } from '../data-folder.ts'
import { fine, found, type Check } from './check.ts'

const MB = 1_000_000
const MEMORY_LOW_OCTETS = 64 * MB
const MEMORY_LOW_SHARE = 0.05
/** Waiting for memory is thrashing; for a disk it is work, up to a point. */
const MEMORY_PRESSED_SHARE = 0.1
const DISK_PRESSED_SHARE = 0.4
const LOAD_HIGH = 2
const DISK_WORN_SHARE = 0.8
/** Short of where it has to stop; boards that do not say where slow down at 85 °C and stop at 95 °C. */
const WARM_BEFORE_C = 10
const CRITICAL_C = 95

const percentOf = (share: number): number => Math.round(share * 100)

/** What needs no program of others to be asked, and so is looked at all the time. `killsBefore`: what is known already. */
export const checkSteadyHardware = (root: string, folder: DataFolder, killsBefore = 0): Check[] => [
  ...checkReadOnly(root, folder),
  ...checkMemory(root, killsBefore),
  ...checkWarmth(root),
]

/** The same and what takes longer, or is only of the moment. */
export const checkHardware = (root: string, folder: DataFolder): Check[] => [
  ...checkSteadyHardware(root, folder),
  ...checkDiskHealth(root, folder),
  ...checkPressure(root),
  ...checkLoad(root),
]

const checkReadOnly = (root: string, { dir }: DataFolder): Check[] =>
  mountOf(root, dir)?.isReadOnly === true ? [found('disk', 'stopped', { type: 'disk-read-only', dir })] : []

const NAME = 'disk-health'

const checkDiskHealth = (root: string, { dir }: DataFolder): Check[] => {
  const mount = mountOf(root, dir)
  const health = mount && diskHealth(root, mount)
  if (!health) return []
  const { disk, errors, isFailing, isReserveLow, wornShare } = health
  const checks: Check[] = []
  if (errors > 0) checks.push(found(NAME, 'attention', { type: 'disk-errors', disk, errors }))
  if (isFailing) checks.push(found(NAME, 'attention', { type: 'disk-failing', disk }))
  if (isReserveLow) checks.push(found(NAME, 'attention', { type: 'disk-reserve-low', disk }))
  if (wornShare !== undefined && wornShare >= DISK_WORN_SHARE)
    checks.push(found(NAME, 'attention', { type: 'disk-worn', disk, wornPercent: percentOf(wornShare) }))
  if (checks.length > 0) return checks
  const worn = wornShare === undefined ? 'it does not say how worn it is' : `${percentOf(wornShare)} % worn`
  return [fine(NAME, `The disk ${disk} reports no errors; ${worn}.`)]
}

const checkMemory = (root: string, killsBefore: number): Check[] => {
  const memory = memoryIn(root)
  if (!memory) return []
  const { availableOctets, totalOctets } = memory
  const isLow = availableOctets < MEMORY_LOW_OCTETS || availableOctets < MEMORY_LOW_SHARE * totalOctets
  const kills = (oomKillsIn(root) ?? 0) - killsBefore
  const checks: Check[] = []
  if (kills > 0) checks.push(found('memory', 'attention', { type: 'memory-ran-out', kills }))
  if (isLow) checks.push(found('memory', 'attention', { type: 'memory-low', availableOctets, totalOctets }))
  return checks.length > 0 ? checks : [fine('memory', memorySentence(root, memory))]
}

const memorySentence = (root: string, { availableOctets, totalOctets, swapOctets, swapFreeOctets }: Memory): string => {
  const kind = namesIn(root, 'sys/block').some((name) => name.startsWith('zram')) ? 'compressed swap' : 'swap'
  const swap =
    swapOctets === 0
      ? 'there is no swap'
      : `${octets(swapOctets - swapFreeOctets)} of ${octets(swapOctets)} of ${kind} are used`
  return `${octets(availableOctets)} of ${octets(totalOctets)} of memory are left; ${swap}.`
}

const checkPressure = (root: string): Check[] => {
  const [memory = 0, disk = 0] = [pressureIn(root, 'memory'), pressureIn(root, 'io')]
  const checks: Check[] = []
  if (memory >= MEMORY_PRESSED_SHARE)
    checks.push(found('memory', 'attention', { type: 'memory-pressed', percent: percentOf(memory) }))
  if (disk >= DISK_PRESSED_SHARE)
    checks.push(found('disk', 'attention', { type: 'disk-pressed', percent: percentOf(disk) }))
  return checks
}

const checkLoad = (root: string): Check[] => {
  const load = loadIn(root)
  if (!load) return []
  if (load.perProcessor >= LOAD_HIGH) return [found('load', 'attention', { type: 'load-high', ...load })]
  return [fine('load', `On average of five minutes ${load.perProcessor.toFixed(2)} programs want each processor.`)]
}

const checkWarmth = (root: string): Check[] => {
  const warmth = warmthIn(root)
  if (!warmth) return []
  const celsius = Math.round(warmth.celsius)
  const criticalC = Math.round(warmth.criticalC ?? CRITICAL_C)
  if (celsius >= criticalC - WARM_BEFORE_C)
    return [found('temperature', 'attention', { type: 'too-warm', celsius, criticalC })]
  return [fine('temperature', `The warmest part has ${celsius} °C.`)]
}
