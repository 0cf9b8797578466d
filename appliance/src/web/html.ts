import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'

/** A whole page. Everything in it is escaped by the view layer; nothing here or elsewhere sets raw markup. */
export const renderPage = (page: VNode): string => `<!doctype html>${renderToString(page)}`

/** A part of a page. */
export const renderPart = (part: VNode): string => renderToString(part)
