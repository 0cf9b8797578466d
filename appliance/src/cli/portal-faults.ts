/** The sentences about what the captive portal shows. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { LanguageFault } from '@lango/captive-portal'
import type { removeLanguage, removePicture, setLanguage, setPicture, setPortal } from '@lango/modules/portal'

export type PortalFault =
  | FaultOf<typeof removeLanguage | typeof removePicture | typeof setLanguage | typeof setPicture | typeof setPortal>
  | LanguageFault

type Own = Exclude<PortalFault['type'], 'ColourUnfit'>
type Sentences = { readonly [T in Own]: (fault: Extract<PortalFault, { type: T }>) => string }

const languageFaults: Readonly<Record<LanguageFault['why'], string>> = {
  json: 'The file is no JSON with a `name` and `words`. Begin with: lango language template',
  tag: 'The file is called after the language: fr.json, am.json, pt-MZ.json.',
  ours: 'The portal speaks this language already.',
  size: 'The file is far too large for the words of the portal.',
}

export const portalSentences: Sentences = {
  BackgroundUnfit: ({ colour, contrast }) =>
    `Text on ${colour} cannot be read in the sun (contrast ${contrast}, it takes 7). Choose a much lighter or a much darker colour.`,
  LanguageUnknown: ({ tag }) => `The portal has no language ${tag} that was added. See: lango language list`,
  LanguageUnreadable: ({ why }) => languageFaults[why],
  LanguagesFull: ({ max }) => `The portal takes ${max} languages beside its own. Remove one: lango language remove TAG`,
  LocationUnknown: ({ location }) =>
    `There is no router ${location}: what the portal shows is set for all, or by the id of a router.`,
  PictureMissing: ({ kind }) => `There is no ${kind} picture.`,
  PictureTooLarge: ({ kind, kilobytes, kilobytesMax }) =>
    `The picture has ${kilobytes} kB, and for a ${kind} there is room for ${kilobytesMax} kB: the whole page has to stay under 50 kB for slow phones. Save it smaller, in fewer pixels or as WebP; or remove the other picture.`,
  PictureTooWide: ({ width, height, pixelsMax }) =>
    `The picture has ${width} × ${height} pixels, and no side may have more than ${pixelsMax}. Save it smaller.`,
  PictureUnreadable: () => 'This is no whole picture of a kind that phones read: PNG, JPEG or WebP. SVG is not taken.',
}
