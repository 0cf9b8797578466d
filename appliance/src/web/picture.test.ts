import { localeOf } from '@lango/kernel/ui'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { patchOf, type Patch, type Picture } from './picture.ts'

const locale = localeOf('en', 'UTC')

/** A page as plain text: what the browser's script keeps. */
type List = { order: readonly string[]; rows: Map<string, Map<string, string>> }
type Page = { slots: Map<string, string>; lists: Map<string, List> }

const cellsOf = (html: string) => new Map(JSON.parse(html) as [string, string][])

const apply = (page: Page, patch: Patch): void => {
  for (const [id, html] of patch.slots) page.slots.set(id, html)
  for (const { name, order, rows, cells } of patch.lists) {
    const list: List = page.lists.get(name) ?? { order: [], rows: new Map() }
    for (const [key, html] of rows) list.rows.set(key, cellsOf(html))
    for (const [key, id, html] of cells) list.rows.get(key)?.set(id, html)
    if (order) list.order = order
    for (const key of list.rows.keys()) if (!list.order.includes(key)) list.rows.delete(key)
    page.lists.set(name, list)
  }
}

const picture = (rows: readonly { key: string; cells: readonly string[] }[], slots: readonly string[]): Picture => {
  const part = (value: string, index: number) => ({ id: `p${index}`, value, html: () => value })
  const drawn = rows.map(({ key, cells }) => ({
    key,
    cells: cells.map(part),
    html: () => JSON.stringify(cells.map((value, index) => [`p${index}`, value])),
  }))
  return { at: 0, slots: slots.map(part), lists: [{ name: 'rows', rows: drawn }] }
}

const pageOf = (shown: Picture): Page => {
  const page: Page = { slots: new Map(), lists: new Map() }
  const whole = patchOf(undefined, shown, 1, locale)
  if (whole) apply(page, whole)
  return page
}

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', 'constructor')
const cell = fc.constantFrom('1', '2', '3')
const rows = fc.uniqueArray(fc.record({ key: keys, cells: fc.tuple(cell, cell) }), { selector: ({ key }) => key })
const pictures = fc.tuple(rows, fc.tuple(cell, cell)).map(([list, slots]) => picture(list, slots))

test('patch after patch, the page shows what a page drawn afresh would', () => {
  fc.assert(
    fc.property(fc.array(pictures, { minLength: 2, maxLength: 6 }), (steps) => {
      const page = pageOf(steps[0]!)
      steps.slice(1).forEach((after, index) => {
        const patch = patchOf(steps[index], after, index + 2, locale)
        if (patch) apply(page, JSON.parse(JSON.stringify(patch)) as Patch)
      })
      expect(page).toEqual(pageOf(steps.at(-1)!))
    }),
  )
})

test('no change is no patch', () => {
  fc.assert(
    fc.property(pictures, (shown) => {
      expect(patchOf(shown, { ...shown, at: 1 }, 2, locale)).toBeUndefined()
    }),
  )
})

test('a patch draws only what it carries', () => {
  let drawn = 0
  const counting = (shown: Picture): Picture => ({
    ...shown,
    lists: shown.lists.map((list) => ({
      ...list,
      rows: list.rows.map((row) => ({
        ...row,
        html: () => expect.fail('a known row is not drawn'),
        cells: row.cells.map((part) => ({ ...part, html: () => `${(drawn += 1)}` })),
      })),
    })),
  })
  const before = picture(
    [
      { key: 'a', cells: ['1', '1'] },
      { key: 'b', cells: ['1', '1'] },
    ],
    [],
  )
  const after = counting(
    picture(
      [
        { key: 'a', cells: ['1', '2'] },
        { key: 'b', cells: ['1', '1'] },
      ],
      [],
    ),
  )
  expect(patchOf(before, after, 2, locale)?.lists).toEqual([{ name: 'rows', rows: [], cells: [['a', 'p1', '1']] }])
  expect(drawn).toBe(1)
})
