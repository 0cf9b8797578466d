/** Versions of RouterOS and the files that they come in. Pure. */
import { FILE_ARCHITECTURES, UNNAMED_ARCHITECTURE } from './routeros-facts.ts'

/** `7.20`, `6.49.10`, `7.21rc2`: as files and routers name them. */
export const ROUTEROS_VERSION = /^\d{1,3}\.\d{1,3}(?:\.\d{1,4})?(?:(?:alpha|beta|rc)\d{1,3})?$/

const PREVIEWS = ['alpha', 'beta', 'rc']

/** Numbers that are compared one after another. A preview comes before the release that it leads to. */
const ranks = (version: string): readonly number[] => {
  const [, numbers = '', preview, count] = /^([\d.]+)(alpha|beta|rc)?(\d*)$/.exec(version) ?? []
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number)
  return [major, minor, patch, preview === undefined ? PREVIEWS.length : PREVIEWS.indexOf(preview), Number(count)]
}

/** Below 0: `a` is older than `b`. Both are versions. */
export const compareRouteros = (a: string, b: string): number => {
  const [left, right] = [ranks(a), ranks(b)]
  for (const [i, rank] of left.entries()) if (rank !== right[i]) return rank - right[i]!
  return 0
}

/** `7` of `7.20.1`. */
export const majorOf = (version: string): number => ranks(version)[0]!

/** Whether `7.12.1` is of the line `7.12`. */
export const isOfLine = (version: string, line: string): boolean => {
  const [[a, b], [major, minor]] = [ranks(version), ranks(line)]
  return a === major && b === minor
}

/** The version in what a router says of itself: `7.16.2 (stable)`. Undefined where there is none. */
export const versionIn = (text: string): string | undefined => {
  const [word = ''] = text.trim().split(/\s/)
  return ROUTEROS_VERSION.test(word) ? word : undefined
}

/** The architecture as file names have it. */
export const fileArchitecture = (architecture: string): string => FILE_ARCHITECTURES[architecture] ?? architecture

export type PackageName = {
  /** `routeros` is the system itself. */
  readonly package: string
  readonly version: string
  readonly architecture: string
}

const VERSION_IN_NAME = String.raw`\d{1,3}\.\d{1,3}(?:\.\d{1,4})?(?:(?:alpha|beta|rc)\d{1,3})?`
/** From 7 on `routeros-7.20.1-arm64.npk`, `container-7.22.npk` of a PC; before `routeros-arm-6.49.10.npk`. */
const NEW_NAME = new RegExp(String.raw`^([a-z][a-z0-9-]{0,40}?)-(${VERSION_IN_NAME})(?:-([a-z0-9]{1,16}))?\.npk$`)
const OLD_NAME = new RegExp(String.raw`^([a-z][a-z0-9-]{0,40}?)-([a-z0-9]{1,16})-(${VERSION_IN_NAME})\.npk$`)

/** What a file of MikroTik's is, by its name; undefined for any other. */
export const readPackageName = (name: string): PackageName | undefined => {
  // A word before the version may be a part of the package's name: only those of 6 have the architecture there.
  const [, oldName, oldArchitecture, oldVersion] = OLD_NAME.exec(name) ?? []
  if (oldVersion !== undefined && majorOf(oldVersion) < 7)
    return { package: oldName!, version: oldVersion, architecture: oldArchitecture! }
  const [, packageName, version, architecture = UNNAMED_ARCHITECTURE] = NEW_NAME.exec(name) ?? []
  return version === undefined ? undefined : { package: packageName!, version, architecture }
}
