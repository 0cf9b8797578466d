import { z } from 'zod'

/** Counts what lies on a shelf, or removes it where that was asked. Who does it has the folders (`shelf-job.ts`). */
export const tendShelf = {
  name: 'backups.tendShelf',
  input: z.object({ name: z.string(), remove: z.boolean() }),
} as const
