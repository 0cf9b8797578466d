/** Pages as a person meets them: in two widths, light and dark, without serious faults of access, and as pictures. */
import { mkdirSync } from 'node:fs'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

export const pictures = '/tmp/lango-e2e-pictures'
export const sizes = [
  { name: 'phone', width: 360, height: 740 },
  { name: 'desk', width: 1280, height: 800 },
] as const

/** What axe holds to be serious: rule and places. `opened` are the disclosures that are opened before. */
export async function faultsOf(page: Page, opened?: string): Promise<string[]> {
  if (opened !== undefined)
    await page.evaluate(`for (const each of document.querySelectorAll(${JSON.stringify(opened)})) each.open = true`)
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Looks at the page that is open in every way, and leaves it as a phone has it. */
export async function photograph(page: Page, what: string): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  for (const { name, ...viewport } of sizes) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await faultsOf(page), what).toEqual([])
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect(width, `${what} ${name}`).toBeLessThanOrEqual(viewport.width)
      await page.screenshot({ path: `${pictures}/${what}-${name}-${colorScheme}.png`, fullPage: true })
    }
  }
  await page.setViewportSize(sizes[0])
}
