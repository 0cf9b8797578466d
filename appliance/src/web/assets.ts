import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { galleryStylesheet, gateStylesheet, kitFont, kitStylesheet } from '@lango/kernel/ui'
import type { MiddlewareHandler } from 'hono'

export type Asset = { readonly address: string; readonly type: string; readonly body: string | Uint8Array<ArrayBuffer> }

const asset = (name: string, extension: string, type: string, body: Asset['body']): Asset => {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { address: `/assets/${name}-${hash}.${extension}`, type, body }
}

const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" stroke="#14877e" stroke-width="2" stroke-linecap="round"><path d="M3 17V8a7 7 0 0 1 14 0v9M7.5 17V9a2.5 2.5 0 0 1 5 0v8"/></svg>`

/** What pages load: named by content, so that browsers keep it for good and a new release is never mixed with an old. */
export const loadAssets = () => {
  const font = asset('inter', 'woff2', 'font/woff2', kitFont())
  return {
    font,
    kit: asset('kit', 'css', 'text/css; charset=utf-8', kitStylesheet(font.address)),
    gate: asset('gate', 'css', 'text/css; charset=utf-8', gateStylesheet()),
    gallery: asset('gallery', 'css', 'text/css; charset=utf-8', galleryStylesheet()),
    desk: asset(
      ...(['desk', 'js', 'text/javascript; charset=utf-8'] as const),
      readFileSync(new URL('client/desk.js', import.meta.url), 'utf8'),
    ),
    live: asset(
      ...(['live', 'js', 'text/javascript; charset=utf-8'] as const),
      readFileSync(new URL('client/live.js', import.meta.url), 'utf8'),
    ),
    passkey: asset(
      ...(['passkey', 'js', 'text/javascript; charset=utf-8'] as const),
      readFileSync(new URL('client/passkey.js', import.meta.url), 'utf8'),
    ),
    icon: asset('icon', 'svg', 'image/svg+xml', MARK),
  }
}
export type Assets = ReturnType<typeof loadAssets>

/** They hold nothing of anyone's, so they need no session. */
export const serveAssets = (assets: Assets): MiddlewareHandler => {
  const byAddress = new Map(Object.values(assets).map((each) => [each.address, each]))
  return async (c, next) => {
    const found = byAddress.get(c.req.path)
    if (!found) return next()
    c.header('cache-control', 'public, max-age=31536000, immutable')
    c.header('content-type', found.type)
    return c.body(found.body)
  }
}
