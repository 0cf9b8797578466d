/** Subscribers as a sheet. */
import { err, type Fault, type Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { inputInvalid, ValueOf } from '@lango/kernel/verbs'
import type { listPlans } from '@lango/modules/plans'
import type {
  changeSubscribers,
  customersNamed,
  importSubscribers,
  revealPasswords,
  subscriberSheet,
  takenLogins,
  ImportRowFault,
} from '@lango/modules/services'
import type * as services from '@lango/modules/services'
import type { Cells, Row } from './rows.ts'
import {
  filled,
  type Judged,
  type Looked,
  type OpenSheet,
  type Sheet,
  type SheetOptions,
  type TransferBox,
  REVEALED_AT_ONCE,
} from './sheet.ts'

type Services = typeof services & { readonly inputInvalid: typeof inputInvalid }
type Sold = { readonly kind: string; readonly status: string }
type Kinds = ReadonlyMap<string, Sold>

export const subscribersSheet = async (): Promise<Sheet> => {
  const verbs = await import('@lango/kernel/verbs')
  const parts: Services = { ...(await import('@lango/modules/services')), inputInvalid: verbs.inputInvalid }
  return {
    noun: 'subscribers',
    columns: parts.subscriberColumns,
    needed: ['login', 'plan'],
    secret: 'password',
    key: ['login'],
    chunkRows: parts.IMPORT_CHUNK_ROWS,
    async open(box, options) {
      const plans = await box.query<ResultOf<typeof listPlans>>('plans.list', {})
      if (!plans.ok) return plans
      const kinds = new Map<string, Sold>()
      for (const [name, kind] of options.plansToCome ?? []) kinds.set(name, { kind, status: 'active' })
      for (const plan of plans.value) kinds.set(plan.name, plan)
      return { ok: true, value: openOn(box, parts, kinds, options) }
    },
  }
}

const openOn = (box: TransferBox, parts: Services, kinds: Kinds, options: SheetOptions): OpenSheet => ({
  judge: (row) => judge(parts, kinds, options, row),
  look: (rows) => look(box, parts, rows),
  add: (rows) =>
    box.command<ValueOf<typeof importSubscribers>>('subscribers.import', {
      rows: rows.map(filled),
      newPasswords: options.newPasswords,
    }),
  change: (rows) => box.command<ValueOf<typeof changeSubscribers>>('subscribers.change', { rows }),
  pages: () => pages(box, parts, options.withSecrets),
  taken: ({ name }) => ({ type: 'LoginTaken', login: name }) as Fault,
})

const judge = (
  { credentialsOfRow, givenCells, inputInvalid, subscriberRow }: Services,
  kinds: Kinds,
  { newPasswords }: SheetOptions,
  { line, cells }: Row,
): Result<Judged, Fault> => {
  const parsed = subscriberRow.safeParse({ login: '', plan: '', ...filled(cells) })
  if (!parsed.success) return err(inputInvalid(parsed.error))
  const row = parsed.data
  const plan = kinds.get(row.plan)
  if (!plan) return err({ type: 'PlanUnknown', plan: row.plan })
  const credentials = credentialsOfRow(plan.kind, row, newPasswords)
  const isSold = plan.status === 'active' || row.createdAt !== undefined
  const notNew = notNewOf(isSold, row.plan, credentials)
  const claims = [{ what: 'login', name: row.login }]
  if (credentials.ok && credentials.macLogin !== undefined) claims.push({ what: 'device', name: credentials.macLogin })
  const password = cells['password'] ?? ''
  const given = { ...givenCells(row, cells), ...(password !== '' && { password }) } as Cells
  return { ok: true, value: { line, name: row.login, cells, given, notNew, claims } }
}

const notNewOf = (
  isSold: boolean,
  plan: string,
  credentials: ReturnType<Services['credentialsOfRow']>,
): Fault | undefined => {
  if (!isSold) return { type: 'PlanUnknown', plan } as Fault
  return credentials.ok ? undefined : ({ type: 'CredentialMissing', why: credentials.why } as Fault)
}

const look = async (
  box: TransferBox,
  parts: Services,
  rows: readonly Judged[],
): Promise<Result<readonly Looked[], Fault>> => {
  const logins = rows.map(({ name }) => name)
  const found = await box.query<ResultOf<typeof subscriberSheet>>('subscribers.sheet', { logins })
  if (!found.ok) return found
  const macOf = ({ claims }: Judged) => claims.find(({ what }) => what === 'device')?.name
  const macs = rows.map(macOf).filter((mac) => mac !== undefined)
  const taken = await box.query<ResultOf<typeof takenLogins>>('subscribers.taken', { logins: [], macs })
  if (!taken.ok) return taken
  const withPassword = rows.filter(({ given }) => given['password'] !== undefined).map(({ name }) => name)
  const there = new Set(found.value.map(({ login }) => login))
  const passwords = await box.passwords(withPassword.filter((login) => there.has(login)))
  if (!passwords.ok) return passwords
  const current = new Map(found.value.map((row) => [row.login, parts.subscriberCells(row)]))
  const owners = new Map(taken.value.map(({ macLogin, login }) => [macLogin, login]))
  const whoseIs = await ownersOf(box, parts, rows)
  if (!whoseIs.ok) return whoseIs
  const lookAt = (row: Judged): Looked => {
    const seen = current.get(row.name)
    const mac = macOf(row)
    const macOwner = mac === undefined ? undefined : owners.get(mac)
    const isOthers = macOwner !== undefined && macOwner !== row.name
    return {
      current: seen && { ...seen, password: passwords.value.get(row.name) ?? '' },
      ...whoseIs.value(row, seen),
      ...(isOthers && { fault: { type: 'MacTaken', mac } as Fault }),
    }
  }
  return { ok: true, value: rows.map(lookAt) }
}

type Current = ReturnType<Services['subscriberCells']>
type Owned = Pick<Looked, 'fault' | 'shared'>
const details = ['name', 'phone', 'email'] as const

/** Whose each row is, or becomes: what the box has of them, and why the row cannot be theirs. */
const ownersOf = async (
  box: TransferBox,
  { detailThatDiffers, nameFor }: Services,
  rows: readonly Judged[],
): Promise<Result<(row: Judged, seen: Current | undefined) => Owned, Fault>> => {
  const ids = [...new Set(rows.map(({ given }) => given['customer']).filter((id) => id !== undefined))]
  const found = await box.query<ResultOf<typeof customersNamed>>('customers.named', { ids })
  if (!found.ok) return found
  const known = new Map(found.value.map((customer) => [customer.id, customer]))
  const ownerOf = ({ name, given }: Judged, seen: Current | undefined): Owned => {
    const id = given['customer'] ?? seen?.customer
    if (id === undefined) return {}
    const cells = Object.fromEntries(Object.entries(given).filter(([column]) => isDetail(column)))
    // An empty cell of a new line says nothing; in one that is there it takes away.
    const told = seen ? cells : filled(cells)
    const shared = (there: Cells): Owned => ({ shared: { name: id, told, whole: { ...there, ...told } } })
    if (id === seen?.customer) return shared(detailsOf(seen))
    const customer = known.get(id)
    if (!customer)
      return seen ? unfit({ type: 'CustomerUnknown', customer: id }) : shared({ name: nameFor({ login: name }) })
    if (customer.status !== 'active') return unfit({ type: 'CustomerClosed', customer: id })
    const column = detailThatDiffers(customer, told)
    return column === undefined ? shared(detailsOf(customer)) : unfit({ type: 'CustomerDiffers', column })
  }
  return { ok: true, value: ownerOf }
}

const unfit = (fault: ImportRowFault): Owned => ({ fault })
const isDetail = (column: string): boolean => (details as readonly string[]).includes(column)
const detailsOf = ({ name, phone, email }: Readonly<Record<(typeof details)[number], string | null>>): Cells => ({
  name: name ?? '',
  phone: phone ?? '',
  email: email ?? '',
})

async function* pages(
  box: TransferBox,
  { SHEET_ROWS_MAX, subscriberCells }: Services,
  withSecrets: boolean,
): AsyncGenerator<Result<readonly Cells[], Fault>> {
  for (let after = ''; ;) {
    const page = await box.query<ResultOf<typeof subscriberSheet>>('subscribers.sheet', {
      after,
      limit: SHEET_ROWS_MAX,
    })
    if (!page.ok) {
      yield page
      return
    }
    if (page.value.length === 0) return
    const passwords = await passwordsOf(box, withSecrets ? page.value : [])
    if (!passwords.ok) {
      yield passwords
      return
    }
    yield {
      ok: true,
      value: page.value.map((row) => ({ ...subscriberCells(row), password: passwords.value.get(row.login) ?? '' })),
    }
    if (page.value.length < SHEET_ROWS_MAX) return
    after = page.value.at(-1)!.login
  }
}

const passwordsOf = async (
  box: TransferBox,
  rows: readonly { readonly login: string }[],
): Promise<Result<ReadonlyMap<string, string>, Fault>> => {
  const passwords = new Map<string, string>()
  for (let at = 0; at < rows.length; at += REVEALED_AT_ONCE) {
    const logins = rows.slice(at, at + REVEALED_AT_ONCE).map(({ login }) => login)
    const told = await box.command<ValueOf<typeof revealPasswords>>('subscribers.reveal', { logins })
    if (!told.ok) return told
    for (const { login, password } of told.value.passwords) passwords.set(login, password)
  }
  return { ok: true, value: passwords }
}
