import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gateStylesheet } from '@lango/kernel/ui'
import { portalLimits } from './limits.ts'

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

/** What pages load; a look's stylesheet is made anew when the desk changes it. */
export const createGateAssets = () => {
  const gate = asset('gate', 'css', 'text/css', gateStylesheet())
  const source = readFileSync(new URL('client/gate.js', import.meta.url), 'utf8')
  const script = asset('gate', 'js', 'text/javascript', source)
  const plain: GateAssets = { gate, brand: undefined, script }
  const byStylesheet = new Map<string, GateAssets>([['', plain]])
  const byAddress = new Map([gate, script].map((each) => [each.address, each]))
  const made = (stylesheet: string): GateAssets => {
    const brand = asset('brand', 'css', 'text/css', stylesheet)
    // The first is the plain one.
    const [, oldest] = byStylesheet.size > portalLimits.looksMax ? byStylesheet.keys() : []
    if (oldest !== undefined) {
      byAddress.delete(byStylesheet.get(oldest)!.brand!.address)
      byStylesheet.delete(oldest)
    }
    const assets = { ...plain, brand }
    byStylesheet.set(stylesheet, assets)
    byAddress.set(brand.address, brand)
    return assets
  }
  return {
    of: (stylesheet: string): GateAssets => byStylesheet.get(stylesheet) ?? made(stylesheet),
    at: (address: string): GateAsset | undefined => byAddress.get(address),
  }
}
