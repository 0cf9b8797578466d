/** Requests as HTTP requests of REST. Pure. */
import { assertNames, revealed, type RouterosRequest, type Row, type Values } from './request.ts'

export type RestRequest = {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST'
  readonly path: string
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** Strings always: a bare number that begins with 0 would be read as octal. */
const plain = (values: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, revealed(value)]))

/** Conditions on a stack as in the API, without its `?`. */
const query = (where: Row): string[] => {
  const conditions = Object.entries(where).map(([name, value]) => `${name}=${value}`)
  return conditions.length > 1 ? [...conditions, `#${'&'.repeat(conditions.length - 1)}`] : conditions
}

export const restRequestOf = (request: RouterosRequest): RestRequest => {
  assertNames(request)
  const menu = `/rest${request.menu}`
  const item = (id: string): string => `${menu}/${encodeURIComponent(id)}`
  const post = (command: string, body: Record<string, unknown>): RestRequest => ({
    method: 'POST',
    path: `${menu}/${command}`,
    body,
  })
  switch (request.kind) {
    case 'print': {
      const { where, properties } = request
      if (where === undefined)
        return { method: 'GET', path: properties ? `${menu}?.proplist=${properties.join(',')}` : menu, body: undefined }
      return post('print', { ...(properties && { '.proplist': properties }), '.query': query(where) })
    }
    case 'add': {
      const place = request.before === undefined ? {} : { 'place-before': request.before }
      return { method: 'PUT', path: menu, body: { ...plain(request.values), ...place } }
    }
    case 'set':
      if (request.id === undefined) return post('set', plain(request.values))
      return { method: 'PATCH', path: item(request.id), body: plain(request.values) }
    case 'remove':
      return { method: 'DELETE', path: item(request.id), body: undefined }
    case 'move': {
      const destination = request.before === undefined ? {} : { destination: request.before }
      return post('move', { numbers: request.id, ...destination })
    }
    default:
      return post(request.command, plain(request.values))
  }
}
