/** How this box looks: what the desk has set. */
import { createHash } from 'node:crypto'
import { brandStylesheet } from '@lango/kernel'
import type { Settings } from '@lango/modules/settings'

export type Look = {
  readonly siteName: string
  /** ISO 4217: of prices where nothing else is said. */
  readonly currency: string
  /** Of people who have chosen none; '' for what their browser asks for. */
  readonly language: Settings['language']
  /** The brand's tokens; '' for Lango's own. */
  readonly stylesheet: string
  /** Where it stands; undefined without a brand. */
  readonly address: string | undefined
}

/** Read for each page; what follows from a colour is worked out once. */
export const createLook = (settings: () => Settings, machineName: string): (() => Look) => {
  let colour = ''
  let brand: Pick<Look, 'stylesheet' | 'address'> = { stylesheet: '', address: undefined }
  return () => {
    const { siteName, currency, brandColour, language } = settings()
    if (brandColour !== colour) {
      const stylesheet = brandColour === '' ? '' : brandStylesheet(brandColour)
      const hash = createHash('sha256').update(stylesheet).digest('hex').slice(0, 12)
      brand = { stylesheet, address: brandColour === '' ? undefined : `/brand.css?${hash}` }
      colour = brandColour
    }
    return { siteName: siteName || machineName, currency, language, ...brand }
  }
}
