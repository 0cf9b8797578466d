import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gateStylesheet } from '@lango/kernel/ui'

export type GateAsset = { readonly address: string; readonly type: string; readonly body: string }
export type GateAssets = {
  readonly gate: GateAsset
  readonly brand: GateAsset | undefined
  /** Makes waiting smoother; nothing needs it. */
  readonly script: GateAsset
}

/** Named by content, so that browsers keep it for good. */
const asset = (name: string, extension: string, type: string, body: string): GateAsset => {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { address: `/assets/${name}-${hash}.${extension}`, type: `${type}; charset=utf-8`, body }
}

/** What pages load; the brand's stylesheet is made anew when the desk changes it. */
export const createGateAssets = (): ((brand: string) => GateAssets) => {
  const gate = asset('gate', 'css', 'text/css', gateStylesheet())
  const source = readFileSync(new URL('client/gate.js', import.meta.url), 'utf8')
  const script = asset('gate', 'js', 'text/javascript', source)
  let last = ''
  let assets: GateAssets = { gate, brand: undefined, script }
  return (brand) => {
    if (brand !== last) {
      last = brand
      assets = { ...assets, brand: brand === '' ? undefined : asset('brand', 'css', 'text/css', brand) }
    }
    return assets
  }
}
