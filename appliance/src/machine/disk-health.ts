/** How the disk under a folder does, from what it and its file system have counted themselves. Reads only. */
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { namesIn, numberIn, textIn } from './kernel-files.ts'

export type Mount = {
  readonly at: string
  /** `254:0` */
  readonly device: string
  readonly type: string
  readonly isReadOnly: boolean
}

/** The file system that a folder lies on (proc_pid_mountinfo(5)). */
export const mountOf = (root: string, dir: string): Mount | undefined =>
  (textIn(root, 'proc/self/mountinfo') ?? '')
    .split('\n')
    .flatMap((line) => {
      const [before, after] = line.split(' - ')
      const [, , device, , at, options] = before?.split(' ') ?? []
      const [type, , superOptions] = after?.split(' ') ?? []
      if (device === undefined || at === undefined || options === undefined || type === undefined) return []
      const isReadOnly = [options, superOptions ?? ''].some((list) => list.split(',').includes('ro'))
      return [{ at: unescaped(at), device, type, isReadOnly }]
    })
    .filter(({ at }) => at === '/' || dir === at || dir.startsWith(`${at}/`))
    // Of several at one place the last covers the others.
    .reduce<Mount | undefined>((best, mount) => (best && best.at.length > mount.at.length ? best : mount), undefined)

/** Blanks and backslashes stand as three octal digits. */
const unescaped = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)))

export type DiskHealth = {
  /** `sda`, `nvme0n1`, `mmcblk0` */
  readonly disk: string
  /** Errors that ext4 has met since it was last checked. */
  readonly errors: number
  /** Share of the life that its maker gives it, up to 1.1 for "more than that". */
  readonly wornShare?: number
  /** It says itself that it is failing. */
  readonly isFailing: boolean
  /** Its reserve of good blocks is nearly gone. */
  readonly isReserveLow: boolean
}

/** Undefined for what is on no disk of its own: memory, a share, a container's layers. */
export const diskHealth = (root: string, { device, type }: Pick<Mount, 'device' | 'type'>): DiskHealth | undefined => {
  const volume = blockDevice(root, device)
  if (volume === undefined) return undefined
  const path = diskUnder(volume)
  const disk = basename(path)
  const errors = type === 'ext4' ? (numberIn(root, `sys/fs/ext4/${basename(volume)}/errors_count`) ?? 0) : 0
  return { disk, errors, ...(flashHealth(path) ?? driveHealth(root, disk)) }
}

const blockDevice = (root: string, device: string): string | undefined => {
  try {
    return realpathSync(join(root, 'sys/dev/block', device))
  } catch {
    return undefined
  }
}

/** What a partition, or an encrypted or verified volume, lies on. */
const diskUnder = (volume: string): string => {
  const [slave] = namesIn(volume, 'slaves')
  if (slave !== undefined) return diskUnder(realpathSync(join(volume, 'slaves', slave)))
  return existsSync(join(volume, 'partition')) ? dirname(volume) : volume
}

type Health = Pick<DiskHealth, 'wornShare' | 'isFailing' | 'isReserveLow'>

/** JEDEC 5.1: life in tenths, for two kinds of cells; the reserve: 1 normal, 2 eight tenths used, 3 nine tenths. */
const flashHealth = (path: string): Health | undefined => {
  const life = textIn(path, 'device/life_time')
  if (life === undefined) return undefined
  const tenths = Math.max(...life.trim().split(/\s+/).map(Number).filter(Number.isFinite), 0)
  const reserve = Number(textIn(path, 'device/pre_eol_info')?.trim() ?? 0)
  return { ...(tenths > 0 && { wornShare: tenths / 10 }), isFailing: false, isReserveLow: reserve >= 2 }
}

const SMARTCTL = ['usr/sbin/smartctl', 'usr/local/sbin/smartctl']
const SMART_WITHIN_MS = 5000
const SMART_OCTETS_MAX = 1 << 20

const smartSchema = z.object({
  smart_status: z.object({ passed: z.boolean() }).optional(),
  nvme_smart_health_information_log: z
    .object({
      critical_warning: z.number().default(0),
      percentage_used: z.number().optional(),
      available_spare: z.number().optional(),
      available_spare_threshold: z.number().optional(),
    })
    .optional(),
  endurance_used: z.object({ current_percent: z.number() }).optional(),
})

const SILENT: Health = { isFailing: false, isReserveLow: false }

/** As smartmontools tells it, where somebody has installed them and lets this user ask. */
const driveHealth = (root: string, disk: string): Health => {
  const tool = SMARTCTL.map((path) => join(root, path)).find((path) => existsSync(path))
  if (tool === undefined || !/^[a-z][\w-]*$/.test(disk)) return SILENT
  const { stdout } = spawnSync(tool, ['--json', '--health', '--attributes', `/dev/${disk}`], {
    encoding: 'utf8',
    timeout: SMART_WITHIN_MS,
    maxBuffer: SMART_OCTETS_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const told = smartSchema.safeParse(parsed(stdout))
  return told.success ? toldHealth(told.data) : SILENT
}

const toldHealth = ({
  smart_status: status,
  nvme_smart_health_information_log: nvme,
  endurance_used: endurance,
}: z.output<typeof smartSchema>): Health => {
  const percent = nvme?.percentage_used ?? endurance?.current_percent
  const {
    available_spare: spare = 100,
    available_spare_threshold: spareMin = 0,
    critical_warning: warning = 0,
  } = nvme ?? {}
  return {
    ...(percent !== undefined && { wornShare: Math.min(percent / 100, 1.1) }),
    isFailing: status?.passed === false || warning !== 0,
    isReserveLow: spare <= spareMin,
  }
}

const parsed = (text: string | null): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
