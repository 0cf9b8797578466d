import type { z } from 'zod'
import { err, ok, type Result } from './result.ts'

export type ConfigProblem = { readonly where: string; readonly sentence: string }
export type ConfigFault = { readonly type: 'ConfigInvalid'; readonly problems: readonly ConfigProblem[] }

export type ConfigSource = {
  /** The JSON file's name (for the sentences) and text, when there is one. */
  file?: { name: string; text: string }
  /** `process.env` of a main, passed in. `LANGO_AUTH_PORT` sets `authPort` and wins over the file. */
  env: Readonly<Record<string, string | undefined>>
  /** What the variables begin with, `LANGO_`. */
  prefix: string
}

/** Reads file and environment through one schema. Everything that is wrong is reported together, in sentences. */
export const readConfig = <S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  source: ConfigSource,
): Result<z.output<z.ZodObject<S>>, ConfigFault> => {
  const file = readFile(source.file)
  if (!file.ok) return err({ type: 'ConfigInvalid', problems: [file.error.problem] })
  const found = new Map<string, Found>()
  for (const [key, value] of Object.entries(file.value)) found.set(key, { value, where: source.file!.name })
  for (const [variable, text] of Object.entries(source.env)) {
    if (text === undefined || !variable.startsWith(source.prefix)) continue
    const key = camelCase(variable.slice(source.prefix.length))
    found.set(key, { value: envValue(settingOf(schema, key), text), where: variable })
  }
  return check(schema, found)
}

/** A value, and the file or variable it came from. */
type Found = { readonly value: unknown; readonly where: string }

const check = <S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  found: ReadonlyMap<string, Found>,
): Result<z.output<z.ZodObject<S>>, ConfigFault> => {
  const known = [...found].filter(([key]) => settingOf(schema, key) !== undefined)
  const unknown = [...found].filter(([key]) => settingOf(schema, key) === undefined)
  const problems = unknown.map(([key, { where }]) => ({ where, sentence: `There is no setting '${key}'.` }))
  const parsed = schema.safeParse(Object.fromEntries(known.map(([key, { value }]) => [key, value])))
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0])
    const where = found.get(key)?.where ?? key
    problems.push({ where, sentence: `'${issue.path.join('.')}': ${issue.message}.` })
  }
  return parsed.success && problems.length === 0 ? ok(parsed.data) : err({ type: 'ConfigInvalid', problems })
}

/** The schema of one setting; names from the prototype are none. */
const settingOf = (schema: z.ZodObject, key: string): z.ZodType | undefined =>
  Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType) : undefined

type FileFault = { readonly type: 'ConfigFile'; readonly problem: ConfigProblem }

const readFile = (file: ConfigSource['file']): Result<Record<string, unknown>, FileFault> => {
  if (file === undefined) return ok({})
  const problem = (sentence: string) => err({ type: 'ConfigFile', problem: { where: file.name, sentence } })
  try {
    const content: unknown = JSON.parse(file.text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return ok({ ...content })
    return problem('The file must hold one JSON object.')
  } catch (error) {
    return problem(`The file is not JSON: ${(error as Error).message}.`)
  }
}

/** Variables are text: a number, flag or list is read as JSON where the setting does not take the text itself. */
const envValue = (setting: z.ZodType | undefined, text: string): unknown => {
  if (setting === undefined || setting.safeParse(text).success) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const camelCase = (name: string): string =>
  name.toLowerCase().replaceAll(/_([a-z0-9])/g, (_, first: string) => first.toUpperCase())
