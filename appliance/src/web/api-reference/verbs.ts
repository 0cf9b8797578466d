/** The commands and queries that programs may ask for, as their documentation tells of them. */
import { z } from 'zod'
import { answerOf, type AnyQuery } from '@lango/kernel/db'
import type { AnyCommand } from '@lango/kernel/verbs'
import { byVerb, exampleOf } from './example.ts'
import type { Schema } from './fields.ts'

export type ApiVerb = {
  readonly kind: 'command' | 'query'
  readonly name: string
  /** What it is about: the part of its name before the dot. */
  readonly tag: string
  readonly summary: string
  readonly permission: string
  /** Below `/api`. */
  readonly path: string
  readonly input: Schema
  readonly example: unknown
  /** Undefined where nothing is promised of the answer. */
  readonly output: Schema | undefined
  /** It is told in the answer and never again: a repeat of its key is refused as `ToldOnce`. */
  readonly isToldOnce: boolean
}

type Verb = AnyCommand | AnyQuery

export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest as Schema
}

const describe = (verb: Verb, kind: ApiVerb['kind'], output: z.ZodType | undefined): ApiVerb => {
  const { name, permission, summary = '' } = verb
  const input = jsonSchema(verb.input as z.ZodType, 'input')
  return {
    kind,
    name,
    tag: name.split('.')[0]!,
    summary,
    permission,
    path: kind === 'command' ? `/commands/${name}` : `/queries/${name}`,
    input,
    example: byVerb[name] ?? exampleOf(input),
    // As it is read: what comes beside what is promised is no fault.
    output: output && jsonSchema(output, 'input'),
    isToldOnce: 'valueIsSecret' in verb,
  }
}

/** All of them by name; what only the box itself does is left out. */
export const apiVerbs = (commands: readonly AnyCommand[], queries: readonly AnyQuery[]): readonly ApiVerb[] => {
  const isOpen = ({ permission }: Verb): boolean => permission !== 'system'
  return [
    ...commands.filter(isOpen).map((verb) => describe(verb, 'command', verb.output)),
    ...queries.filter(isOpen).map((verb) => describe(verb, 'query', answerOf(verb))),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
