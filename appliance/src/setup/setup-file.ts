/** A file that sets a box up without hands: what stands in it, for whom, and all that is wrong with it at once. */
import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@lango/kernel'
import { setupFileSchema } from '@lango/modules/setup'

/** Longer than anybody's; a stick may hold anything. */
export const SETUP_FILE_BYTES_MAX = 1024 * 1024
const PROBLEMS_MAX = 50

/** Sections that are not the business's: what is wished of the machine, as its own services take it. */
export const wishSections = ['network', 'ssh'] as const
type WishSection = (typeof wishSections)[number]

export type SetupFileFault =
  /** `where` is a line and column; never a piece of the text, which may be a secret. */
  | { readonly type: 'SetupUnreadable'; readonly file: string; readonly where: string }
  | { readonly type: 'SetupInvalid'; readonly problems: readonly { readonly path: string; readonly message: string }[] }

export type SetupFile = {
  /** As `setup.apply` takes it. */
  readonly business: Readonly<Record<string, unknown>>
  readonly wishes: Partial<Record<WishSection, object>>
  /** The same for files that say the same, however they are written. */
  readonly content: string
}

type Reading = { readonly file: string; readonly isAppliance: boolean }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const readSetupFile = (text: string, { file, isAppliance }: Reading): Result<SetupFile, SetupFileFault> => {
  const parsed = parse(text)
  if (!isObject(parsed.value)) return err({ type: 'SetupUnreadable', file, where: parsed.where })
  const { network, ssh, ...business } = parsed.value
  const sections = { network, ssh }
  const given = wishSections.filter((name) => sections[name] !== undefined)
  const read = setupFileSchema.safeParse(business)
  const problems = [
    ...(read.success ? [] : read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))),
    ...given.flatMap((path) => {
      if (!isObject(sections[path])) return [{ path, message: 'It is an object.' }]
      return isAppliance
        ? []
        : [{ path, message: 'This is no appliance image: leave it away (LANGO_OS_DIR is not set).' }]
    }),
  ]
  if (problems.length > 0) return err({ type: 'SetupInvalid', problems: problems.slice(0, PROBLEMS_MAX) })
  const wishes = Object.fromEntries(given.map((name) => [name, sections[name] as object]))
  return ok({ business, wishes, content: createHash('sha256').update(canonical(parsed.value)).digest('hex') })
}

const parse = (text: string): { readonly value?: unknown; readonly where: string } => {
  try {
    return { value: JSON.parse(text) as unknown, where: '' }
  } catch (error) {
    return { where: /line \d+ column \d+/.exec((error as Error).message)?.[0] ?? '' }
  }
}

/** Keys in order, nothing between: files that say the same are the same. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  )
