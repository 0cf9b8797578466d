import type { AnyQuery } from '@lango/kernel/db'
import type { AnyCommand } from '@lango/kernel/verbs'
import { apiVerbs, type ApiVerb } from './api-reference/verbs.ts'

const reply = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
})

const REFUSALS = {
  400: reply('What was sent is not what is asked for; `error.problems` says where.'),
  401: reply('No token, or one that opens nothing.'),
  403: reply('The token’s role may not do this.'),
  409: reply('Refused as things stand; nothing was changed.'),
}

const TOLD_ONCE =
  ' What is secret in the answer is told this once: the same key sent again is refused as `ToldOnce`, and changes nothing.'

const operation = ({ kind, name, tag, summary, permission, input, example, output, isToldOnce }: ApiVerb) => ({
  operationId: name,
  tags: [tag],
  summary,
  description: `Needs the permission \`${permission}\`.${isToldOnce ? TOLD_ONCE : ''}`,
  requestBody: { required: true, content: { 'application/json': { schema: input, example } } },
  ...(kind === 'command' && { parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }] }),
  responses: {
    200: {
      description: output === undefined ? 'Done. The shape of `value` is not promised.' : 'Done.',
      content: {
        'application/json': {
          schema: { type: 'object', required: ['value'], properties: { value: output ?? {} } },
        },
      },
    },
    ...REFUSALS,
  },
})

/** OpenAPI 3.1 of every command and query, from the schemas that check them. What only the box itself does is left out. */
export const openApi = (commands: readonly AnyCommand[], queries: readonly AnyQuery[]) => {
  const verbs = apiVerbs(commands, queries)
  return {
    openapi: '3.1.0',
    info: { title: 'Lango', version: '1', description: 'Commands change the box; queries read it.' },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    tags: [...new Set(verbs.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(verbs.map((verb) => [verb.path, { post: operation(verb) }])) as Record<string, unknown>,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`lango token create --role ROLE`' } },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'The same key and body: done once, and answered as the first time. Another body is refused.',
          schema: { type: 'string', pattern: '^[\\w.:-]{1,80}$' },
        },
      },
      schemas: {
        Refusal: {
          type: 'object',
          required: ['error', 'sentence'],
          properties: {
            error: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } },
            sentence: { type: 'string', description: 'What happened and what to do, for people.' },
          },
        },
      },
    },
  }
}
