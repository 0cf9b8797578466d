/** The first page as it would look, for whoever sets that: no link of it leads anywhere. */
import type { Lang } from '@lango/kernel/ui'
import { renderToString } from 'preact-render-to-string'
import { noPlace } from './hand-off.ts'
import { HomePage } from './home.tsx'
import type { Offer } from './shop.tsx'
import type { View } from './page.tsx'
import type { GateLook } from './port.ts'
import { ownLanguages } from './words/added.ts'

type PreviewOptions = Pick<View, 'now' | 'pictureAt'> & {
  readonly lang: Lang
  readonly timeZone: string
  readonly offer: Offer
  /** Addresses of the gate's own stylesheet and of the one of this look. */
  readonly stylesheets: readonly [gate: string, look: string]
}

export const previewHome = (look: GateLook, options: PreviewOptions): string => {
  const { lang, timeZone, offer, stylesheets, now, pictureAt } = options
  const [gate, brand] = stylesheets.map((address) => ({ address }))
  const language = ownLanguages.find(({ tag }) => tag === lang)!
  const view: View = {
    words: language.words,
    locale: language.locale(timeZone),
    language,
    languages: ownLanguages,
    look,
    place: noPlace,
    assets: { gate: gate!, brand, script: { address: '' } },
    pictureAt,
    now,
    isPreview: true,
  }
  return `<!doctype html>${renderToString(<HomePage view={view} offer={offer} once="" />)}`
}
