import { readFileSync } from 'node:fs'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

/** The kit's CSS: tokens, then components. Read once at start. */
export const kitStylesheet = (): string => `${read('tokens.css')}\n${read('components.css')}`

/** What the gallery wears beside it. */
export const galleryStylesheet = (): string => read('gallery.css')
