import type { Handler } from 'hono'
import type { Actor, May } from '@lango/kernel/verbs'
import { bearerOf } from '../web/bearer.ts'
import { EXPOSITION_TYPE } from './exposition.ts'

export type MetricsDeps = {
  /** Who shows this token; undefined when it opens nothing. */
  readonly holderOf: (token: string) => Actor | undefined
  readonly may: May
  readonly text: () => string
}

/** `GET /metrics` for whoever has a token that may read them: figures of a business are nobody else's. */
export const metricsHandler =
  ({ holderOf, may, text }: MetricsDeps): Handler =>
  (c) => {
    const token = bearerOf(c)
    const holder = token === undefined ? undefined : holderOf(token)
    if (!holder) {
      c.header('www-authenticate', 'Bearer')
      return c.text('Send a token: lango token create --role viewer\n', 401)
    }
    if (!may(holder, 'metrics.read')) return c.text('This token’s role may not read metrics.\n', 403)
    return c.body(text(), 200, { 'content-type': EXPOSITION_TYPE })
  }
