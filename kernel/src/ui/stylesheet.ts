import { existsSync, readFileSync } from 'node:fs'

const beside = (file: string): URL => new URL(file, import.meta.url)
const read = (file: string): string => readFileSync(beside(file), 'utf8')

// What the Latin file holds (of its package's wght.css): a letter from elsewhere is drawn by the system's font.
const LATIN =
  'U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, U+0329, U+2000-206F, ' +
  'U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD'

/** Inter with all its weights, Latin letters: woff2. The bundle has it beside the code, the sources in its package. */
export const kitFont = (): Uint8Array<ArrayBuffer> => {
  const bundled = beside('inter.woff2')
  const packaged = () => new URL(import.meta.resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'))
  return new Uint8Array(readFileSync(existsSync(bundled) ? bundled : packaged()))
}

/** In order: tokens.css says which layer yields to which, and within a layer what comes later wins. */
export const kitParts = [
  'tokens.css',
  'base.css',
  'layout.css',
  'controls.css',
  'menus.css',
  'forms.css',
  'panels.css',
  'tables.css',
  'notices.css',
  'preview.css',
  'phone.css',
] as const

/** The kit's CSS: the font, then its parts. Read once at start. */
export const kitStylesheet = (fontAddress: string): string => `@font-face {
  font-family: 'Inter Variable';
  font-weight: 100 900;
  font-display: swap;
  src: url('${fontAddress}') format('woff2');
  unicode-range: ${LATIN};
}
${kitParts.map(read).join('\n')}`

/** What strangers' pages wear, alone: small, and for old browsers too. */
export const gateStylesheet = (): string => read('gate.css')

/** What the gallery wears beside it. */
export const galleryStylesheet = (): string => read('gallery.css')
