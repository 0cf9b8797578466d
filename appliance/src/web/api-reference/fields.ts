/** A JSON schema as the lines of a table, for people. Pure. */

export type Schema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly propertyNames?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly description?: string
}

export type SchemaField = {
  /** `policy.downKbps`, `rows[].login` */
  readonly path: string
  readonly type: string
  readonly isRequired: boolean
  readonly fallback: string | undefined
  /** Bounds of a number. */
  readonly range: string | undefined
  /** Bounds of a text's length, or of a list's. */
  readonly length: string | undefined
  readonly pattern: string | undefined
  /** What `{name}` in its path may be, where that is settled. */
  readonly names: string | undefined
}

const DEPTH_MAX = 4

const bounds = (min: number | undefined, max: number | undefined): string | undefined => {
  // The ends of whole numbers are nobody's limits.
  const from = min === undefined || min <= Number.MIN_SAFE_INTEGER ? undefined : min
  const to = max === undefined || max >= Number.MAX_SAFE_INTEGER ? undefined : max
  if (from === undefined && to === undefined) return undefined
  if (from === undefined) return `≤ ${to}`
  return to === undefined ? `≥ ${from}` : `${from} – ${to}`
}

/** Choices without those that say nothing: a secret is a text, or what only the box's own code can hand over. */
const choicesOf = ({ anyOf = [] }: Schema): readonly Schema[] => anyOf.filter((each) => Object.keys(each).length > 0)

export const typeText = (schema: Schema): string => {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(' | ')
  const choices = choicesOf(schema)
  if (choices.length > 0) return [...new Set(choices.map(typeText))].join(' | ')
  if (schema.type === 'array') return `${parenthesised(typeText(schema.items ?? {}))}[]`
  if (schema.type === undefined) return 'any'
  return typeof schema.type === 'string' ? schema.type : schema.type.join(' | ')
}

const parenthesised = (type: string): string => (type.includes(' | ') ? `(${type})` : type)

const isObject = (schema: Schema): boolean => schema.properties !== undefined

const fieldOf = (path: string, schema: Schema, isRequired: boolean): SchemaField => {
  // Of a text that may be null the text's limits are told.
  const told = schema.type === undefined ? (choicesOf(schema).find(({ type }) => type !== 'null') ?? schema) : schema
  const item = told.items ?? {}
  return {
    path,
    type: typeText(schema),
    isRequired,
    fallback: schema.default === undefined ? undefined : JSON.stringify(schema.default),
    range: bounds(told.minimum ?? item.minimum, told.maximum ?? item.maximum),
    length: bounds(told.minLength ?? told.minItems, told.maxLength ?? told.maxItems),
    pattern: told.pattern ?? item.pattern,
    names: undefined,
  }
}

/** What lies inside a field: members of an object, of a list's objects, or of whichever object it may be. */
const insideOf = (path: string, schema: Schema, depth: number): SchemaField[] => {
  if (depth >= DEPTH_MAX) return []
  if (isObject(schema)) return membersOf(`${path}.`, schema, depth + 1)
  if (schema.items) return insideOf(`${path}[]`, schema.items, depth)
  if (typeof schema.additionalProperties === 'object') {
    const names = schema.propertyNames?.enum?.map(String).join(', ')
    return [{ ...fieldOf(`${path}.{name}`, schema.additionalProperties, false), names }]
  }
  return choicesOf(schema).flatMap((choice) => insideOf(path, choice, depth))
}

const membersOf = (prefix: string, schema: Schema, depth: number): SchemaField[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) === true && member.default === undefined
    return [fieldOf(path, member, isRequired), ...insideOf(path, member, depth)]
  })

/** An answer: its fields, those of each row where it is a list, or of the thing where there may be none. */
export const answerFields = (schema: Schema): readonly SchemaField[] =>
  isObject(schema) ? membersOf('', schema, 0) : insideOf('', schema, 0).map(withoutDot)

const withoutDot = (field: SchemaField): SchemaField => ({ ...field, path: field.path.replace(/^\./, '') })

/** The ways to fill it in, each with its fields: one, unless the schema offers a choice of objects. */
export const waysOf = (schema: Schema): readonly (readonly SchemaField[])[] => {
  const choices = choicesOf(schema)
  return choices.length > 0 && choices.every(isObject)
    ? choices.map((choice) => membersOf('', choice, 0))
    : [membersOf('', schema, 0)]
}
