/** What can be set at the desk, and what holds where nothing was. Pure. */
import { z } from 'zod'

/** Where nothing was set. `siteName` is then the machine's. */
export const defaultSettings = { siteName: '', currency: 'KES', brandColour: '' }

export const settingsSchema = z.object({
  /** What the POP is called on pages, vouchers and in apps. */
  siteName: z.string().trim().max(64, 'At most 64 characters.'),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'A currency is three letters, such as KES.'),
  /** `#0f766e`, '' for Lango's own. */
  brandColour: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^(#[0-9a-f]{6})?$/, 'A colour is written #0f766e.'),
})
export type Settings = z.infer<typeof settingsSchema>
