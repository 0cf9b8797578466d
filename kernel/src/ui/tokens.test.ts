import { expect, test } from 'vitest'
import { galleryStylesheet, kitStylesheet } from './stylesheet.ts'

const css = `${kitStylesheet('inter.woff2')}\n${galleryStylesheet()}`
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name = '', light, dark]) => [
    name,
    { light: light ?? '', dark: dark ?? '' },
  ]),
)

/** Relative luminance, WCAG 2.2. */
const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (a: string, b: string): number => {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['n1', 'n2', 'n3']
const meanings = ['good', 'attention', 'stopped', 'info']
const text = [
  ...['n8', 'n7', 'n6', 'brand-text'].flatMap((name) => grounds.map((ground) => [name, ground] as const)),
  ...meanings.flatMap((name) => ['n1', 'n2', `${name}-soft`].map((ground) => [name, ground] as const)),
  ...meanings.map((name) => ['n8', `${name}-soft`] as const),
  ...['download', 'upload'].map((name) => [name, 'n1'] as const),
  ['brand-on', 'brand'],
  ['brand-on', 'brand-hover'],
  ['brand-text', 'brand-soft'],
  ['n8', 'brand-soft'],
  ['n6', 'brand-soft'],
] as const

const outlines = ['n5', 'brand-focus'].flatMap((name) => ['n1', 'n2'].map((ground) => [name, ground] as const))

const both = (name: string) => colours.get(name) ?? expect.fail(`no colour ${name}`)

test.each(text)('%s can be read on %s in both schemes (WCAG 1.4.3: 4.5)', (name, ground) => {
  expect(contrast(both(name).light, both(ground).light)).toBeGreaterThanOrEqual(4.5)
  expect(contrast(both(name).dark, both(ground).dark)).toBeGreaterThanOrEqual(4.5)
})

test.each(outlines)('%s can be seen on %s in both schemes (WCAG 1.4.11: 3)', (name, ground) => {
  expect(contrast(both(name).light, both(ground).light)).toBeGreaterThanOrEqual(3)
  expect(contrast(both(name).dark, both(ground).dark)).toBeGreaterThanOrEqual(3)
})

test('every property that is used is defined', () => {
  const defined = new Set([...css.matchAll(/(--[\w-]+):/g)].map(([, name]) => name))
  const used = [...css.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name)
  expect(used.length).toBeGreaterThan(100)
  expect(used.filter((name) => !defined.has(name))).toEqual([])
})

test('components name no colour of their own: a brand and a scheme reach everything', () => {
  const components = css.slice(css.indexOf('@layer base'))
  expect(components.match(/#[0-9a-f]{3,8}\b|\brgb|\bhsl|\boklch/gi)).toBeNull()
})

test('text has one of the six sizes', () => {
  const sizes = [...css.matchAll(/font(?:-size)?: ([^;]+);/g)].map(([, value = '']) => value)
  expect(sizes.length).toBeGreaterThan(15)
  const known =
    /^(var\(--text-(12|13|14|16|20|28)\)|inherit|0\.93em var\(--font-code\)|var\(--weight-text\) var\(--text-14\).*)$/
  expect(sizes.filter((value) => !known.test(value))).toEqual([])
})
