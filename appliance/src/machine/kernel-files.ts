/**
 * What the kernel tells of the machine in /proc and /sys. `root` is where these stand: `/`, or a folder with what
 * another machine has told. What it does not tell is undefined.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const textIn = (root: string, path: string): string | undefined => {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

export const namesIn = (root: string, path: string): readonly string[] => {
  try {
    return readdirSync(join(root, path)).toSorted()
  } catch {
    return []
  }
}

export const numberIn = (root: string, path: string): number | undefined => {
  const text = textIn(root, path)?.trim()
  return text === undefined || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
}

export type Memory = {
  readonly totalOctets: number
  /** What programs could still get: file caches count as free. */
  readonly availableOctets: number
  /** 0 where there is no swap. */
  readonly swapOctets: number
  readonly swapFreeOctets: number
}

/** proc_meminfo(5). */
export const memoryIn = (root: string): Memory | undefined => {
  const text = textIn(root, 'proc/meminfo')
  const octetsOf = (name: string): number | undefined => {
    const [, kB] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text ?? '') ?? []
    return kB === undefined ? undefined : Number(kB) * 1024
  }
  const [totalOctets, availableOctets] = [octetsOf('MemTotal'), octetsOf('MemAvailable')]
  if (totalOctets === undefined || availableOctets === undefined) return undefined
  return {
    totalOctets,
    availableOctets,
    swapOctets: octetsOf('SwapTotal') ?? 0,
    swapFreeOctets: octetsOf('SwapFree') ?? 0,
  }
}

/** Programs that the kernel has ended since memory ran out, from the start of the machine (/proc/vmstat). */
export const oomKillsIn = (root: string): number | undefined => {
  const [, kills] = /^oom_kill (\d+)$/m.exec(textIn(root, 'proc/vmstat') ?? '') ?? []
  return kills === undefined ? undefined : Number(kills)
}

/** Share of the last five minutes in which everything waited for it (Documentation/accounting/psi.rst). */
export const pressureIn = (root: string, of: 'memory' | 'io'): number | undefined => {
  const [, percent] = /^full .*avg300=([\d.]+)/m.exec(textIn(root, `proc/pressure/${of}`) ?? '') ?? []
  return percent === undefined ? undefined : Number(percent) / 100
}

/** Programs that run or wait for the disk, on average of five minutes (proc_loadavg(5)), for each processor. */
export const loadIn = (root: string): { readonly perProcessor: number; readonly processors: number } | undefined => {
  const [, fiveMinutes] = (textIn(root, 'proc/loadavg') ?? '').split(' ')
  const processors = (textIn(root, 'proc/stat') ?? '').match(/^cpu\d+ /gm)?.length ?? 0
  if (fiveMinutes === undefined || processors === 0) return undefined
  return { perProcessor: Number(fiveMinutes) / processors, processors }
}

export type Warmth = {
  readonly celsius: number
  /** Where the maker says that it has to stop. */
  readonly criticalC?: number
}

const MILLIDEGREES = 1000
const isSane = (celsius: number): boolean => celsius > -40 && celsius < 150

/** The warmest of its thermometers: the kernel's zones (sysfs-class-thermal), and sensors (sysfs-class-hwmon). */
export const warmthIn = (root: string): Warmth | undefined => {
  const read = [...zones(root), ...sensors(root)].flatMap(({ value, critical }) => {
    const celsius = (value ?? Number.NaN) / MILLIDEGREES
    const criticalC = (critical ?? Number.NaN) / MILLIDEGREES
    return isSane(celsius) ? [{ celsius, ...(isSane(criticalC) && criticalC > 0 && { criticalC }) }] : []
  })
  return read.toSorted((a, b) => b.celsius - a.celsius)[0]
}

type Thermometer = { readonly value: number | undefined; readonly critical: number | undefined }

const ZONES = 'sys/class/thermal'
const zones = (root: string): Thermometer[] =>
  namesIn(root, ZONES)
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name) => {
      const zone = `${ZONES}/${name}`
      const critical = namesIn(root, zone).find(
        (file) => /^trip_point_\d+_type$/.test(file) && textIn(root, `${zone}/${file}`)?.trim() === 'critical',
      )
      return {
        value: numberIn(root, `${zone}/temp`),
        critical: critical && numberIn(root, `${zone}/${critical.replace('_type', '_temp')}`),
      } as Thermometer
    })

const SENSORS = 'sys/class/hwmon'
const sensors = (root: string): Thermometer[] =>
  namesIn(root, SENSORS).flatMap((name) =>
    namesIn(root, `${SENSORS}/${name}`)
      .filter((file) => /^temp\d+_input$/.test(file))
      .map((file) => ({
        value: numberIn(root, `${SENSORS}/${name}/${file}`),
        critical: numberIn(root, `${SENSORS}/${name}/${file.replace('_input', '_crit')}`),
      })),
  )
