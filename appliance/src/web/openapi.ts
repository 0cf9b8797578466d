import { z } from 'zod'
import type { AnyQuery } from '@lango/kernel/db'
import type { AnyCommand } from '@lango/kernel/verbs'

type Verb = { readonly name: string; readonly permission: string; readonly input: z.ZodType }

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

const operation = ({ name, permission, input }: Verb, kind: 'command' | 'query') => ({
  operationId: name,
  tags: [name.split('.')[0]],
  summary: name,
  description: `Needs the permission \`${permission}\`.`,
  requestBody: {
    required: true,
    content: { 'application/json': { schema: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) } },
  },
  ...(kind === 'command' && { parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }] }),
  responses: {
    200: {
      description: 'Done.',
      content: { 'application/json': { schema: { type: 'object', required: ['value'], properties: { value: {} } } } },
    },
    ...REFUSALS,
  },
})

/** OpenAPI 3.1 of every command and query, from the schemas that check them. What only the box itself does is left out. */
export const openApi = (commands: readonly AnyCommand[], queries: readonly AnyQuery[]) => {
  const open = (verb: Verb): boolean => verb.permission !== 'system'
  const paths = [
    ...commands.filter(open).map((command) => [`/commands/${command.name}`, { post: operation(command, 'command') }]),
    ...queries.filter(open).map((query) => [`/queries/${query.name}`, { post: operation(query, 'query') }]),
  ]
  return {
    openapi: '3.1.0',
    info: { title: 'Lango', version: '1', description: 'Commands change the box; queries read it.' },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    paths: Object.fromEntries(paths) as Record<string, unknown>,
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
