/** How the last update of an appliance's image went, as its updater has left word. */
import { z } from 'zod'
import { namesIn, textIn } from '../machine/kernel-files.ts'
import { localTime } from '../cli/format.ts'
import { attention, fine, found, type Check } from './check.ts'

const OS_DIR = 'run/lango-os'
const NAME = 'update'

const statusSchema = z.object({
  phase: z.string(),
  why: z.string().nullish(),
  /** Epoch ms. */
  at: z.number().nullish(),
})

export const checkUpdate = (root: string): Check => {
  if (namesIn(root, OS_DIR).length === 0)
    return fine(NAME, 'This is not an appliance image: the system and Lango are updated as you installed them.')
  const text = textIn(root, `${OS_DIR}/update.json`)
  if (text === undefined) return fine(NAME, 'No update has been installed yet.')
  const read = statusSchema.safeParse(parsed(text))
  if (!read.success)
    return attention(NAME, 'What the updater tells cannot be read.', 'Restart the machine: the updater writes it anew.')
  const { phase, why, at } = read.data
  const facts = { why: why == null || why === '' ? phase : why, at: at ?? 0 }
  if (phase === 'rolled-back') return found(NAME, 'attention', { type: 'update-rolled-back', ...facts })
  if (phase === 'refused') return found(NAME, 'attention', { type: 'update-refused', ...facts })
  return fine(NAME, `The updater says: ${phase}${at == null ? '' : `, since ${localTime(at)}`}.`)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
