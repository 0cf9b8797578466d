/** A tenant's colour: the six tokens that follow from it, in light and dark, readable in both (WCAG 2.2, 1.4.3). */

type Rgb = readonly [number, number, number]

const WHITE: Rgb = [255, 255, 255]
const INK: Rgb = [18, 25, 24]
/** The surfaces that text of the brand stands on, as in tokens.css. */
const LIGHT: Rgb = [255, 255, 255]
const DARK: Rgb = [20, 26, 25]
const CONTRAST_MIN = 4.5

const parse = (hex: string): Rgb => {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

const hexOf = (colour: Rgb): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** WCAG 2.2: relative luminance. */
const luminance = (colour: Rgb): number => {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export const contrastOf = (a: Rgb, b: Rgb): number => {
  const [bright, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (bright + 0.05) / (dark + 0.05)
}

const mix = (a: Rgb, b: Rgb, share: number): Rgb =>
  a.map((part, at) => part + (b[at]! - part) * share) as unknown as Rgb

/** What is written on a button of the colour. */
const onColour = (colour: Rgb): Rgb => (contrastOf(colour, WHITE) >= contrastOf(colour, INK) ? WHITE : INK)

/** What can be read best on the colour. */
export const inkOn = (hex: string): string => hexOf(onColour(parse(hex)))

/** The colour, darker or lighter until it can be read on the surface. */
const readableOn = (colour: Rgb, surface: Rgb): Rgb => {
  const towards = luminance(surface) > 0.5 ? INK : WHITE
  for (let share = 0; share < 1; share += 0.05) {
    const candidate = mix(colour, towards, share)
    if (contrastOf(candidate, surface) >= CONTRAST_MIN) return candidate
  }
  return towards
}

/** The contrast of a button's text where it is too low to be read; undefined when the colour will do. */
export const brandFault = (hex: string, contrastMin = CONTRAST_MIN): number | undefined => {
  const colour = parse(hex)
  const contrast = contrastOf(colour, onColour(colour))
  return contrast >= contrastMin ? undefined : Math.floor(contrast * 10) / 10
}

/** The stylesheet that puts a colour (`#0f766e`) in the place of Lango's own. */
export const brandStylesheet = (hex: string): string => {
  const colour = parse(hex)
  const pair = (light: Rgb, dark: Rgb): string => `light-dark(${hexOf(light)}, ${hexOf(dark)})`
  const text = { light: readableOn(colour, LIGHT), dark: readableOn(colour, DARK) }
  const hover = mix(colour, luminance(onColour(colour)) > 0.5 ? INK : WHITE, 0.15)
  const tokens = {
    brand: hexOf(colour),
    'brand-hover': hexOf(hover),
    'brand-on': hexOf(onColour(colour)),
    'brand-soft': pair(mix(LIGHT, colour, 0.12), mix(DARK, colour, 0.25)),
    'brand-text': pair(text.light, text.dark),
    'brand-focus': pair(text.light, text.dark),
  }
  const lines = Object.entries(tokens).map(([name, value]) => `  --${name}: ${value};`)
  // A layer behind the kit's tokens and before its components.
  return `@layer tokens {\n  :root:root {\n  ${lines.join('\n  ')}\n  }\n}\n`
}
