/** Somebody does not want to wait for the next look at a router. */
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { inputInvalid } from '@lango/kernel/verbs'

const pushInput = z.object({ name: z.string().min(1).max(64) })

export const pushRouter = (reader: RawDatabase, push: (routerId: string) => void) => {
  const controlled = reader
    .prepare<[string], string | null>(
      'SELECT c.id FROM routers r LEFT JOIN router_controls c ON c.id = r.id WHERE r.name = ?',
    )
    .pluck()
  return (input: unknown): Result<{ name: string }, Fault> => {
    const parsed = pushInput.safeParse(input)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const { name } = parsed.data
    const id = controlled.get(name)
    if (id === undefined) return err({ type: 'RouterUnknown', name })
    if (id === null) return err({ type: 'ControlUnknown', name })
    push(id)
    return ok({ name })
  }
}
