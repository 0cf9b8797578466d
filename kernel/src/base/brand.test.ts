import { expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { brandFault, brandStylesheet, contrastOf } from './brand.ts'

const rgb = (hex: string) =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number, number]
const tokens = (css: string) =>
  Object.fromEntries([...css.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name, value]) => [name!, value!]))

test('contrast is WCAG’s', () => {
  expect(contrastOf([255, 255, 255], [0, 0, 0])).toBeCloseTo(21)
  // The well-known pair at the border: #767676 on white.
  expect(contrastOf(rgb('#767676'), [255, 255, 255])).toBeCloseTo(4.54, 2)
})

test('whatever colour is chosen, its text can be read in light and dark', () => {
  const random = seededRandom(5)
  for (let i = 0; i < 300; i++) {
    const hex = `#${random.bytes(3).toString('hex')}`
    const { 'brand-text': text = '', 'brand-on': on = '' } = tokens(brandStylesheet(hex))
    const [, light = '', dark = ''] = /light-dark\((#\w{6}), (#\w{6})\)/.exec(text) ?? []
    expect(contrastOf(rgb(light), [255, 255, 255])).toBeGreaterThanOrEqual(4.4)
    expect(contrastOf(rgb(dark), [20, 26, 25])).toBeGreaterThanOrEqual(4.4)
    expect(contrastOf(rgb(hex), rgb(on)) >= 4.5).toBe(brandFault(hex) === undefined)
  }
})

test('Lango’s own colour will do', () => {
  expect(brandFault('#0f766e')).toBeUndefined()
})
