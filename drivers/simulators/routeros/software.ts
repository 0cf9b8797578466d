/** What a simulated router runs: its packages, its boot loader, and what it becomes when it restarts. */
import type { SimulatedFiles } from './files.ts'
import type { Command, Outcome, SimulatedRow } from './router.ts'

/**
 * What goes wrong with updates, for as long as it stands here. `stays-down`: once it restarts it is gone.
 * `keeps-version`: it comes back with what it had. `no-space`: what it fetches does not fit. `no-firmware`: RouterBOOT
 * stays as it was. `ignores-reboot`: it answers and goes on.
 */
export const UPDATE_FAULTS = ['stays-down', 'keeps-version', 'no-space', 'no-firmware', 'ignores-reboot'] as const
export type UpdateFault = (typeof UPDATE_FAULTS)[number]

const NAME = /^([a-z][a-z-]*?)-(?:([a-z0-9]+)-)?(\d+\.\d+(?:\.\d+)?(?:rc\d+)?)(?:-([a-z0-9]+))?\.npk$/

const trap = (category: number, message: string): Outcome => ({ trap: { category, message } })

export class SimulatedSoftware {
  readonly goesWrong = new Set<UpdateFault>()
  architecture = 'mmips'
  board = 'hEX'
  freeDiskBytes = 100_000_000
  freeMemoryBytes = 200_000_000
  /** Beside the system's own. */
  packages: readonly string[] = []
  /** Undefined for a machine without RouterBOOT. */
  firmware: { current: string; offered: string } | undefined
  channel = 'stable'
  /** What MikroTik's servers have in each channel. */
  offers: Readonly<Record<string, string>> = {}
  /** A download goes on until this is over. */
  downloading: Promise<void> = Promise.resolve()
  #latest: string | undefined
  #status = ''
  #downloaded: string | undefined
  #isFirmwareWritten = false
  #isDowngrade = false

  resource(): SimulatedRow {
    return {
      'board-name': this.board,
      'architecture-name': this.architecture,
      'free-hdd-space': String(this.freeDiskBytes),
      'free-memory': String(this.freeMemoryBytes),
      platform: 'MikroTik',
    }
  }

  /** The rows of a menu; undefined for one that is none of these. */
  rows(menu: string, version: string): readonly SimulatedRow[] | undefined {
    const plain = numbersOf(version)
    if (menu === '/system/package')
      return ['routeros', ...this.packages].map((name, at) => ({
        '.id': `*${at + 1}`,
        name,
        version: plain,
        disabled: 'false',
        available: 'false',
        scheduled: '',
      }))
    if (menu === '/system/package/update')
      return [
        {
          channel: this.channel,
          'installed-version': plain,
          ...(this.#latest !== undefined && { 'latest-version': this.#latest, status: this.#status }),
        },
      ]
    if (menu !== '/system/routerboard') return undefined
    if (!this.firmware) return [{ routerboard: 'false' }]
    return [
      {
        routerboard: 'true',
        'board-name': this.board,
        'current-firmware': this.firmware.current,
        'upgrade-firmware': this.firmware.offered,
      },
    ]
  }

  /** A command of these menus; undefined for any other. `reboot`: it restarts now. */
  execute({ menu, name, values }: Command, version: string, reboot: () => void): Outcome | undefined {
    if (menu === '/system/package' && name === 'downgrade') {
      this.#isDowngrade = true
      reboot()
      return {}
    }
    if (menu === '/system/routerboard' && name === 'upgrade') {
      this.#isFirmwareWritten = !this.goesWrong.has('no-firmware')
      return {}
    }
    if (menu !== '/system/package/update') return undefined
    if (name === 'set') {
      this.channel = values['channel'] ?? this.channel
      this.#latest = undefined
      return {}
    }
    if (name === 'check-for-updates') {
      this.#latest = this.offers[this.channel]
      this.#status = this.#latest === numbersOf(version) ? 'System is already up to date' : 'New version is available'
      return this.#latest === undefined
        ? { rows: [{ '.section': '0', status: 'ERROR: could not resolve dns name' }] }
        : { rows: [{ '.section': '0', 'latest-version': this.#latest, status: this.#status }] }
    }
    if (name !== 'download' || this.#latest === undefined) return trap(0, 'no such command')
    if (this.goesWrong.has('no-space')) this.#status = 'ERROR: not enough disk space'
    else {
      this.#downloaded = this.#latest
      this.#status = 'Downloaded, please reboot router to upgrade it'
    }
    return { rows: [{ '.section': '0', status: this.#status }] }
  }

  /** Whether a file of this size would fit. */
  fits(octets: number): boolean {
    return !this.goesWrong.has('no-space') && octets <= this.freeDiskBytes
  }

  /** The version that it comes back with. Files of another architecture or of several versions are refused as a whole. */
  restart(files: SimulatedFiles, version: string): string {
    const [downloaded, isDowngrade] = [this.#downloaded, this.#isDowngrade]
    this.#downloaded = undefined
    this.#isDowngrade = false
    this.#latest = undefined
    if (this.#isFirmwareWritten && this.firmware) this.firmware.current = this.firmware.offered
    this.#isFirmwareWritten = false
    const names = files.keys().filter((name) => name.endsWith('.npk') && !name.includes('/'))
    const wanted = downloaded ?? this.#versionIn(names)
    for (const name of names) files.remove(name)
    const isOlder = wanted !== undefined && isBefore(wanted, numbersOf(version))
    if (wanted === undefined || isOlder !== isDowngrade || this.goesWrong.has('keeps-version')) return version
    if (this.firmware) this.firmware.offered = wanted
    return `${wanted} (${this.channel})`
  }

  #versionIn(names: readonly string[]): string | undefined {
    const read = names.map((name) => NAME.exec(name))
    const versions = new Set(read.map((match) => match?.[3]))
    const [wanted] = versions
    const isOurs = read.every((match) => (match?.[4] ?? match?.[2]) === this.architecture)
    const brought = read.map((match) => match?.[1])
    const isWhole = ['routeros', ...this.packages].every((name) => brought.includes(name))
    return versions.size === 1 && isOurs && isWhole ? wanted : undefined
  }
}

const numbersOf = (version: string): string => version.split(' ')[0]!

const isBefore = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((text) => text.split(/\D+/).map(Number)) as [number[], number[]]
  const at = [0, 1, 2].find((i) => (a[i] ?? 0) !== (b[i] ?? 0))
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0)
}
