import { expect, test } from 'vitest'
import { permissions, roleMay, roleNames, setRole } from '@lango/modules/people'
import { addPlan } from '@lango/modules/plans'
import { addSubscriber } from '@lango/modules/services'
import { deskPages } from '../../desk-pages.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

/** An address of a page: its places are filled with what is there, or what is not. */
const addressOf = (path: string): string =>
  path.replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, name: string, shape?: string) => {
    if (shape !== undefined || name === 'no') return '1'
    return name === 'login' ? 'amina' : 'nothing'
  })

const box = () => {
  const made = webUnderTest()
  made.site.must(addPlan, { name: 'Home', kind: 'pppoe', policy: { downKbps: 1000, upKbps: 1000 } })
  made.site.must(addSubscriber, { login: 'amina', password: 'right', plan: 'Home' })
  return made
}

const everyPermission = ['self', ...permissions]
const may = (role: string, permission: string) => permission === 'self' || roleMay(role, permission)

test('every page and deed asks for a permission that somebody can have', () => {
  for (const { path, permission, deeds = {} } of deskPages)
    for (const wanted of [permission, ...Object.values(deeds).map((deed) => deed.permission)])
      expect(everyPermission, path).toContain(wanted)
})

test.each(roleNames)('a page opens for the role %s exactly where its permission is among it', async (role) => {
  const { signInAs } = box()
  const { visit } = signInAs(role)
  for (const { path, permission } of deskPages) {
    const { status } = await visit(addressOf(path))
    expect(status, path).toBeLessThan(500)
    expect(status === 403, path).toBe(!may(role, permission))
  }
})

test.each(roleNames)('a deed is refused for the role %s exactly where its permission is not among it', async (role) => {
  const { signInAs } = box()
  const { send } = signInAs(role)
  for (const { path, permission, deeds = {} } of deskPages)
    for (const [name, deed] of Object.entries(deeds)) {
      const isAllowed = may(role, permission) && may(role, deed.permission)
      // One that may is refused for its empty form, or done; never for want of a right.
      const { status } = await send(addressOf(path), { do: name })
      expect(status === 403, `${path} ${name}`).toBe(!isAllowed)
    }
})

test('a form names deeds and no command: what is the box’s own is done by none', async () => {
  const { site, signInAs } = box()
  const { send } = signInAs('owner')
  const own = ['certificates.changed', 'lists.exported', 'audit.exported', 'sessions.sealExport']
  for (const { path } of deskPages.filter(({ deeds }) => deeds !== undefined))
    for (const name of own)
      await send(addressOf(path), { do: name, command: name, to: 'own', list: 'plans', rows: '1' })
  const told = site.database.raw.prepare('SELECT command FROM audit').pluck().all()
  expect(told.filter((name) => own.includes(name as string))).toEqual([])
})

test('whoever may nothing opens nothing but the home page', async () => {
  const { site, signInAs } = box()
  const { id } = site.must(setRole, { name: 'Nothing', permissions: [] })
  const { visit, send } = signInAs(id, 'nobody')
  expect((await visit('/')).status).toBe(200)
  for (const { path, permission, deeds = {} } of deskPages.filter((page) => page.permission !== 'self')) {
    expect((await visit(addressOf(path))).status, `${path} ${permission}`).toBe(403)
    for (const name of Object.keys(deeds)) expect((await send(addressOf(path), { do: name })).status, path).toBe(403)
  }
})

test('what a page links to in the navigation is what its reader may open', async () => {
  const { signInAs } = box()
  for (const role of roleNames) {
    const { visit } = signInAs(role)
    const page = await (await visit('/menu')).text()
    const links = [...page.matchAll(/<a href="(\/[a-z-]*)"/g)].map(([, href]) => href!)
    expect(links.length).toBeGreaterThan(5)
    for (const href of new Set(links)) expect((await visit(href)).status, `${role} ${href}`).toBe(200)
  }
})

test('a deed that a page does not have, and names of the language itself, do nothing', async () => {
  const { signInAs, site } = box()
  const { send } = signInAs('owner')
  const before = site.count({ name: 'commands' })
  for (const name of ['', 'nothing', '__proto__', 'constructor', 'toString'])
    expect((await send('/staff', { do: name })).status).toBe(200)
  expect(site.count({ name: 'commands' })).toBe(before)
})
