/** The state of a simulated router, and what its commands do with it. Knows nothing of how they arrive. */
import type { Clock } from '@lango/kernel'
import { fetched, SimulatedFiles } from './files.ts'
import { isTaken, MENUS, printed, type MenuShape } from './menus.ts'
import { matches } from './query.ts'
import { SimulatedSoftware } from './software.ts'

export type SimulatedRow = Readonly<Record<string, string>>
export type SimulatedUser = {
  readonly name: string
  readonly password: string
  /** `read` may print and nothing else. */
  readonly group: 'full' | 'read'
}

/**
 * What goes wrong, once each. `write-ignored` answers as if all were well and changes nothing, `write-partly` leaves out
 * the last property, `lost-answer` obeys and cuts the connection; these wait for a write. `cut` obeys not, `silent` says
 * nothing more on that connection, `stuck` ends only when cancelled, `garbage` sends what nobody can read.
 */
export const FAULTS = [
  'write-ignored',
  'write-partly',
  'lost-answer',
  'cut',
  'silent',
  'stuck',
  'garbage',
  'trap',
  'fatal',
] as const
export type RouterosSimulatorFault = (typeof FAULTS)[number]

const OF_WRITES: readonly RouterosSimulatorFault[] = ['write-ignored', 'write-partly', 'lost-answer']
const WRITES = ['add', 'set', 'remove', 'move', 'unset', 'fetch']

export type Trap = { readonly category: number; readonly message: string }
export type Outcome = { readonly rows?: readonly SimulatedRow[]; readonly ret?: string; readonly trap?: Trap }

export type Command = {
  readonly menu: string
  readonly name: string
  readonly values: Readonly<Record<string, string>>
  /** Words of the query, without their `?`. */
  readonly query: readonly string[]
}

type Item = { id: string; readonly values: Map<string, string> }
type Watcher = (row: SimulatedRow) => void
type Table = { readonly shape: MenuShape; items: Item[]; next: number; readonly watchers: Set<Watcher> }

const trap = (category: number, message: string): Outcome => ({ trap: { category, message } })
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const UPTIME_UNITS = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 }

export class SimulatedRouter {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly #tables = new Map<string, Table>()
  readonly #settings = new Map<string, Map<string, string>>()
  readonly #faults: RouterosSimulatorFault[] = []
  #bootedAtMs: number
  version: string
  /** Every command that was carried out, as `/menu/command`. */
  readonly carriedOut: string[] = []
  readonly files = new SimulatedFiles()
  readonly software = new SimulatedSoftware()
  /** Set by whoever holds the connections. */
  onReboot: () => void = () => {}

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>, version: string) {
    this.#clock = clock
    this.#bootedAtMs = clock.monotonicMs()
    this.version = version
  }

  isAtLeast(major: number, minor: number): boolean {
    const [a = 0, b = 0] = this.version.split(/[.\sa-z]/).map(Number)
    return a !== major ? a > major : b >= minor
  }

  fail(faults: readonly RouterosSimulatorFault[]): void {
    this.#faults.push(...faults)
  }

  /** Faults that wait for their command. */
  get faultsLeft(): number {
    return this.#faults.length
  }

  /** The fault that this command meets, which is used up by it. */
  takeFault({ name }: Command): RouterosSimulatorFault | undefined {
    const [next] = this.#faults
    if (next === undefined || (OF_WRITES.includes(next) && !WRITES.includes(name))) return undefined
    return this.#faults.shift()
  }

  rows(menu: string): readonly SimulatedRow[] {
    return this.#table(menu).items.map((item) => this.#row(item))
  }

  /** Rows that are there without anybody having added them by a command; they may be dynamic. */
  seed(menu: string, rows: readonly SimulatedRow[]): readonly string[] {
    return rows.map((row) => this.#put(this.#table(menu), Object.entries(row)).id)
  }

  /** The rows get other ids than they had, and what was dynamic is gone. */
  reboot(): void {
    this.#bootedAtMs = this.#clock.monotonicMs()
    this.version = this.software.restart(this.files, this.version)
    // Where there is a folder flash, what lies beside it is in memory.
    if (this.files.has('flash'))
      for (const name of this.files.keys()) if (!/^flash(?:\/|$)/.test(name)) this.files.remove(name)
    for (const table of this.#tables.values()) {
      table.items = table.items.filter(({ values }) => values.get('dynamic') !== 'true')
      table.next = 1
      for (const item of table.items.toReversed()) item.id = `*${(table.next++).toString(16).toUpperCase()}`
    }
    this.onReboot()
  }

  watch(menu: string, watcher: Watcher): () => void {
    const { watchers } = this.#table(menu)
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  /** How many follow this menu. */
  watchers(menu: string): number {
    return this.#table(menu).watchers.size
  }

  execute(user: SimulatedUser, command: Command, fault?: RouterosSimulatorFault): Outcome {
    if (fault === 'trap') return trap(4, 'failure: simulated')
    const { menu, name } = command
    if (name !== 'print' && user.group === 'read') return trap(5, 'not enough permissions (9)')
    this.carriedOut.push(`${menu}/${name}`)
    if (name === 'print') return this.#print(command)
    if (menu === '/system' && name === 'reboot') {
      if (!this.software.goesWrong.has('ignores-reboot')) this.reboot()
      return {}
    }
    const done = this.software.execute(command, this.version, () => this.reboot())
    if (done) return done
    if (!WRITES.includes(name)) return trap(0, 'no such command')
    if (fault === 'write-ignored') return name === 'add' ? { ret: '*FFFF' } : {}
    const left = Object.entries(command.values)
    return this.#write(
      fault === 'write-partly' ? { ...command, values: Object.fromEntries(left.slice(0, -1)) } : command,
    )
  }

  /** `/tool/fetch`: really fetches, over plain http, and stores what it gets. */
  async fetch(user: SimulatedUser, command: Command, fault?: RouterosSimulatorFault): Promise<Outcome> {
    if (fault === 'trap') return trap(4, 'failure: simulated')
    if (user.group === 'read') return trap(5, 'not enough permissions (9)')
    this.carriedOut.push('/tool/fetch')
    const { url = '', 'dst-path': path = '' } = command.values
    const got = await fetched(url)
    await this.software.downloading
    if ('failure' in got) return trap(4, `failure: ${got.failure}`)
    if (!this.software.fits(Buffer.byteLength(got.contents))) return trap(4, 'failure: no space left on device')
    const contents = fault === 'write-partly' ? got.contents.slice(0, got.contents.length >> 1) : got.contents
    if (fault !== 'write-ignored') this.files.put(path, contents)
    return { rows: [{ status: 'finished', downloaded: '1', total: '1', duration: '1s' }] }
  }

  #write(command: Command): Outcome {
    const shape = this.#shape(command.menu)
    if (command.menu === '/file') return this.files.write(command)
    if (shape.settings !== undefined) return this.#set(command)
    if (command.name === 'add') return this.#add(command)
    const table = this.#table(command.menu)
    const { '.id': id, numbers = id ?? '' } = command.values
    const items = numbers.split(',').map((one) => table.items.find((item) => isCalled(item, one)))
    const found = items.filter((item) => item !== undefined)
    if (found.length === 0 || found.length < items.length) return trap(0, 'no such item')
    if (found.some((item) => item.values.get('dynamic') === 'true') && command.name !== 'remove')
      return trap(4, 'failure: can not change dynamic item')
    return this.#writeItems(command, table, found)
  }

  #writeItems({ menu, name, values: given }: Command, table: Table, found: readonly Item[]): Outcome {
    const { '.id': _id, numbers: _numbers, destination, ...values } = given
    if (name === 'remove') return this.#isUsed(menu, found) ? trap(4, 'failure: in use') : this.#remove(table, found)
    if (name === 'move') return this.#move(table, found, destination)
    if (name === 'unset') {
      for (const item of found) item.values.delete(values['value-name'] ?? '')
      return {}
    }
    return this.#change(menu, table, found, values)
  }

  #change(menu: string, table: Table, items: readonly Item[], values: SimulatedRow): Outcome {
    const refused = this.#refusal(menu, table, values, items)
    if (refused !== undefined) return refused
    for (const item of items) {
      for (const [name, value] of Object.entries(values)) item.values.set(name, printed(name, value))
      this.#tell(table, this.#row(item))
    }
    return {}
  }

  #add({ menu, values: { 'place-before': before, ...values } }: Command): Outcome {
    const table = this.#table(menu)
    const missing = table.shape.required?.find((name) => values[name] === undefined)
    if (missing !== undefined) return trap(1, `missing value(s) of argument(s) ${missing}`)
    const at = before === undefined ? table.items.length : table.items.findIndex((item) => isCalled(item, before))
    if (at < 0) return trap(0, 'no such item')
    if (before !== undefined && table.shape.isOrdered !== true) return trap(1, 'unknown parameter place-before')
    const refused = this.#refusal(menu, table, values, [])
    if (refused !== undefined) return refused
    const defaults = { disabled: 'false', ...table.shape.defaults }
    const item = this.#put(table, Object.entries({ ...defaults, ...values }), at)
    this.#tell(table, this.#row(item))
    return { ret: item.id }
  }

  /** Why these values cannot be those of `items`, or of a new row when there are none. */
  #refusal(
    menu: string,
    { shape, items: all }: Table,
    values: SimulatedRow,
    items: readonly Item[],
  ): Outcome | undefined {
    const names = Object.keys(values)
    const unknown = shape.properties && names.find((name) => !shape.properties!.includes(name))
    const unknownYet = names.find((name) => shape.since?.[name] && !this.isAtLeast(...shape.since[name]))
    if ((unknown ?? unknownYet) !== undefined) return trap(1, `unknown parameter ${unknown ?? unknownYet}`)
    const lost = Object.entries(shape.refers ?? {}).find(([name, of]) => !this.#isNamed(of, values[name] ?? ''))
    if (lost) return trap(4, `input does not match any value of ${lost[0]}`)
    const bad = names.find((name) => !isTaken(menu, name, values[name]!))
    if (bad !== undefined) return trap(1, `value of ${bad} is invalid`)
    const { unique, alone } = shape
    const isBeside = (item: Item) => alone !== undefined && item.values.get(alone) === values[alone]
    if (all.some((item) => !items.includes(item) && isBeside(item)))
      return trap(4, `failure: there is one on this ${alone} already`)
    if (unique === undefined || !unique.some((name) => names.includes(name))) return undefined
    const wanted = (name: string) => values[name] ?? items[0]?.values.get(name)
    const isSame = (item: Item) => unique.every((name) => item.values.get(name) === printed(name, wanted(name) ?? ''))
    return all.some((item) => !items.includes(item) && isSame(item))
      ? trap(4, 'failure: already have such entry')
      : undefined
  }

  /** What every router has, and what is no name at all. */
  #isNamed(menu: string, name: string): boolean {
    if (['', 'none', 'default', 'static-only'].includes(name)) return true
    return this.#table(menu).items.some(({ values }) => values.get('name') === name)
  }

  #isUsed(menu: string, items: readonly Item[]): boolean {
    const names = items.map(({ values }) => values.get('name'))
    return Object.entries(MENUS).some(([other, { refers = {} }]) => {
      const properties = Object.keys(refers).filter((property) => refers[property] === menu)
      const isUser = ({ values }: Item) => properties.some((property) => names.includes(values.get(property)))
      return properties.length > 0 && this.#table(other).items.some(isUser)
    })
  }

  #remove(table: Table, items: readonly Item[]): Outcome {
    table.items = table.items.filter((item) => !items.includes(item))
    for (const { id } of items) this.#tell(table, { '.id': id, '.dead': 'yes' })
    return {}
  }

  #move(table: Table, items: readonly Item[], destination: string | undefined): Outcome {
    if (table.shape.isOrdered !== true) return trap(0, 'no such command')
    const target = table.items.find((item) => destination !== undefined && isCalled(item, destination))
    if (destination !== undefined && target === undefined) return trap(0, 'no such item')
    if (target !== undefined && items.includes(target)) return {}
    const rest = table.items.filter((item) => !items.includes(item))
    rest.splice(target === undefined ? rest.length : rest.indexOf(target), 0, ...items)
    table.items = rest
    return {}
  }

  #set({ menu, name, values }: Command): Outcome {
    if (name !== 'set') return trap(0, 'no such command')
    const settings = this.#settingsOf(menu)
    for (const [property, value] of Object.entries(values)) {
      if (!settings.has(property)) return trap(1, `unknown parameter ${property}`)
      settings.set(property, printed(property, value))
    }
    return {}
  }

  #print({ menu, query, values }: Command): Outcome {
    const properties = values['.proplist']?.split(',')
    const only = (row: SimulatedRow): SimulatedRow =>
      properties ? Object.fromEntries(Object.entries(row).filter(([name]) => properties.includes(name))) : row
    return {
      rows: this.#rowsOf(menu)
        .filter((row) => matches(row, query))
        .map(only),
    }
  }

  #rowsOf(menu: string): readonly SimulatedRow[] {
    if (menu === '/system/resource') return [this.#resource()]
    if (menu === '/system/clock') return [this.#time()]
    if (menu === '/file') return this.files.rows()
    const told = this.software.rows(menu, this.version)
    if (told) return told
    if (this.#shape(menu).settings !== undefined) return [Object.fromEntries(this.#settingsOf(menu))]
    return this.rows(menu)
  }

  #resource(): SimulatedRow {
    let left = Math.floor((this.#clock.monotonicMs() - this.#bootedAtMs) / 1000)
    const parts = Object.entries(UPTIME_UNITS).map(([unit, size]) => {
      const count = Math.floor(left / size)
      left -= count * size
      return count > 0 ? `${count}${unit}` : ''
    })
    return {
      uptime: parts.join('') || '0s',
      version: this.version,
      ...this.software.resource(),
    }
  }

  #time(): SimulatedRow {
    const at = new Date(this.#clock.now() + 3 * 3600_000)
    const [date = '', time = ''] = at.toISOString().split(/[T.]/)
    const [year, month, day] = date.split('-')
    const old = `${MONTHS[Number(month) - 1]}/${day}/${year}`
    return {
      date: this.isAtLeast(7, 10) ? date : old,
      time,
      'gmt-offset': '+03:00',
      'time-zone-name': 'Africa/Nairobi',
    }
  }

  #put(table: Table, values: readonly (readonly [string, string])[], at = table.items.length): Item {
    const item = {
      id: `*${(table.next++).toString(16).toUpperCase()}`,
      values: new Map(values.map(([name, value]) => [name, printed(name, value)])),
    }
    table.items.splice(at, 0, item)
    return item
  }

  #row({ id, values }: Item): SimulatedRow {
    return { '.id': id, ...Object.fromEntries(values) }
  }

  #tell({ watchers }: Table, row: SimulatedRow): void {
    for (const watcher of watchers) watcher(row)
  }

  #shape(menu: string): MenuShape {
    return Object.hasOwn(MENUS, menu) ? MENUS[menu]! : {}
  }

  #table(menu: string): Table {
    let table = this.#tables.get(menu)
    if (table === undefined) {
      table = { shape: this.#shape(menu), items: [], next: 1, watchers: new Set() }
      this.#tables.set(menu, table)
    }
    return table
  }

  #settingsOf(menu: string): Map<string, string> {
    let settings = this.#settings.get(menu)
    if (settings === undefined) {
      settings = new Map(Object.entries(this.#shape(menu).settings ?? {}))
      this.#settings.set(menu, settings)
    }
    return settings
  }
}

/** Items are called by their id, and most by their name. */
const isCalled = ({ id, values }: Item, name: string): boolean =>
  id === name || (!name.startsWith('*') && name !== '' && values.get('name') === name)
