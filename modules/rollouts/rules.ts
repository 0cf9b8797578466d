/** Which step a router may take on its way to a version of RouterOS, and why it takes none. Pure. */
import type { RouterSoftware } from './port.ts'
import {
  SPARE_BYTES,
  SPARE_MEMORY_BYTES,
  SPLIT_PACKAGES,
  SPLIT_SINCE,
  STEPPING_STONES,
  type Channel,
} from './routeros-facts.ts'
import { compareRouteros, fileArchitecture, isOfLine, majorOf, readPackageName, versionIn } from './versions.ts'

/** From the files that were put into the box, or from MikroTik's own servers, which the router asks itself. */
export const sources = ['box', 'mikrotik'] as const
export type Source = (typeof sources)[number]

export type Goal = {
  readonly version: string
  readonly source: Source
  readonly channel: Channel
  readonly allowsDowngrade: boolean
  readonly allowsMajor: boolean
}

export type PackageFile = { readonly name: string; readonly sizeBytes: number }

export const unfits = [
  'unreadable',
  'running',
  'older',
  'major',
  'no-file',
  'no-package',
  'no-space',
  'other-files',
] as const
export type Unfit = (typeof unfits)[number]

/** `said`: which file, how much room. */
export type NoStep = { readonly unfit: Unfit; readonly said: string }

export type Step = {
  /** Of the goal, or of a stepping stone before it. With MikroTik's servers and a stone: the line. */
  readonly version: string
  readonly isDowngrade: boolean
  /** Empty where MikroTik's servers bring them. */
  readonly files: readonly PackageFile[]
  /** To be set where MikroTik's servers bring it. */
  readonly channel: string
}

const no = (unfit: Unfit, said = ''): NoStep => ({ unfit, said })

/** The line that a router older than it has to go through first. */
const stoneBetween = (from: string, to: string) =>
  STEPPING_STONES.find(
    ({ line }) =>
      compareRouteros(from, `${line}.0`) < 0 &&
      !isOfLine(from, line) &&
      !isOfLine(to, line) &&
      compareRouteros(to, line) > 0,
  )

/** The newest of a line that the box has for an architecture. */
const newestOfLine = (files: readonly PackageFile[], line: string, architecture: string): string | undefined =>
  files
    .map(({ name }) => readPackageName(name))
    .filter(
      (read) => read?.package === 'routeros' && read.architecture === architecture && isOfLine(read.version, line),
    )
    .map((read) => read!.version)
    .toSorted((a, b) => compareRouteros(b, a))[0]

/** Names of packages of which each set needs one. */
const packagesFor = (
  { packages, interfaces }: RouterSoftware,
  from: string,
  to: string,
): readonly (readonly string[])[] => {
  const isSplit = compareRouteros(from, SPLIT_SINCE) < 0 && compareRouteros(to, SPLIT_SINCE) >= 0
  const radios = isSplit ? [...new Set(interfaces.map(({ type }) => type))] : []
  const drivers = radios.flatMap((type) => (Object.hasOwn(SPLIT_PACKAGES, type) ? [SPLIT_PACKAGES[type]!] : []))
  const own = packages.filter((name) => !drivers.some((names) => names.includes(name)))
  return [['routeros'], ...own.map((name) => [name]), ...drivers]
}

const filesFor = (
  software: RouterSoftware,
  from: string,
  to: string,
  files: readonly PackageFile[],
): readonly PackageFile[] | NoStep => {
  const architecture = fileArchitecture(software.architecture)
  const found: PackageFile[] = []
  for (const names of packagesFor(software, from, to)) {
    const file = files.find(({ name }) => {
      const read = readPackageName(name)
      return read?.version === to && read.architecture === architecture && names.includes(read.package)
    })
    if (!file) return no(names[0] === 'routeros' ? 'no-file' : 'no-package', `${names[0]!}-${to}-${architecture}.npk`)
    found.push(file)
  }
  return found
}

/** Files lie on the disk, or in memory where the disk is a folder of its own. */
const isRoomFor = ({ hasFlash, freeDiskBytes, freeMemoryBytes }: RouterSoftware, octets: number): boolean =>
  hasFlash ? freeMemoryBytes >= octets + SPARE_MEMORY_BYTES : freeDiskBytes >= octets + SPARE_BYTES

const unfitOf = (from: string, { version, allowsDowngrade, allowsMajor }: Goal): Unfit | undefined => {
  const order = compareRouteros(version, from)
  if (order === 0) return 'running'
  if (order < 0 && !allowsDowngrade) return 'older'
  return majorOf(from) !== majorOf(version) && !allowsMajor ? 'major' : undefined
}

/** The next step to the goal. `running`: it is there. */
export const nextStep = (software: RouterSoftware, goal: Goal, files: readonly PackageFile[]): Step | NoStep => {
  const from = versionIn(software.versionText)
  if (from === undefined) return no('unreadable', software.versionText)
  const unfit = unfitOf(from, goal)
  if (unfit) return no(unfit, from)
  const isDowngrade = compareRouteros(goal.version, from) < 0
  const stone = isDowngrade ? undefined : stoneBetween(from, goal.version)
  if (goal.source === 'mikrotik')
    return {
      version: stone?.line ?? goal.version,
      isDowngrade,
      files: [],
      channel: stone?.channelFrom[majorOf(from)] ?? goal.channel,
    }
  const architecture = fileArchitecture(software.architecture)
  const version = stone ? newestOfLine(files, stone.line, architecture) : goal.version
  if (version === undefined) return no('no-file', `routeros-${stone!.line}-${architecture}.npk`)
  const needed = filesFor(software, from, version, files)
  if ('unfit' in needed) return needed
  return checkRoom(software, { version, isDowngrade, files: needed, channel: goal.channel })
}

const checkRoom = (software: RouterSoftware, step: Step): Step | NoStep => {
  const ours = new Set(step.files.map(({ name }) => name))
  // It would install those too, or refuse all of them for not being of one version.
  const others = software.waitingFiles.filter((name) => !ours.has(name))
  if (others.length > 0) return no('other-files', others.join(', '))
  const missing = step.files.filter(({ name }) => !software.waitingFiles.includes(name))
  const octets = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return isRoomFor(software, octets) ? step : no('no-space', String(octets))
}

/** Whether a version is the one of a step: of its line, where MikroTik's servers choose. */
export const isOfStep = (version: string, wanted: string): boolean =>
  version === wanted || (STEPPING_STONES.some(({ line }) => line === wanted) && isOfLine(version, wanted))

/** Whether RouterBOOT is to follow RouterOS: never back, unless that was asked for. */
export const firmwareWaits = (
  { firmware }: RouterSoftware,
  { allowsDowngrade }: Pick<Goal, 'allowsDowngrade'>,
): boolean => {
  if (firmware === undefined || firmware.current === firmware.offered) return false
  const order = compareRouteros(firmware.offered, firmware.current)
  return order > 0 || allowsDowngrade
}
