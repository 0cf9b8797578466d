import { createHash } from 'node:crypto'
import { gateStylesheet } from '@lango/kernel/ui'

export type GateAsset = { readonly address: string; readonly type: string; readonly body: string }
export type GateAssets = { readonly gate: GateAsset; readonly brand: GateAsset | undefined }

/** Named by content, so that browsers keep it for good. */
const css = (name: string, body: string): GateAsset => {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { address: `/assets/${name}-${hash}.css`, type: 'text/css; charset=utf-8', body }
}

/** The stylesheets of the gate; the brand's is made anew when the desk changes it. */
export const createGateAssets = (): ((brand: string) => GateAssets) => {
  const gate = css('gate', gateStylesheet())
  let last = ''
  let assets: GateAssets = { gate, brand: undefined }
  return (brand) => {
    if (brand !== last) {
      last = brand
      assets = { gate, brand: brand === '' ? undefined : css('brand', brand) }
    }
    return assets
  }
}
