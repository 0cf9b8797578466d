import { expect, test } from 'vitest'
import { memorySite } from '@lango/kernel/testing'
import { exportFault, sealExport, sessions, sha256Of } from './index.ts'

const content = 'login,ip\r\namina,10.0.0.1\r\n'
const given = {
  file: 'sessions.csv',
  sha256: sha256Of(content),
  rows: 1,
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-02T00:00:00.000Z',
  filters: { ip: '10.0.0.1', router: '1' },
  site: 'kisumu',
}

test('a file that the box gave out is known again, also when its manifest was written down anew', () => {
  const { must, vault } = memorySite([sessions])
  const sealed = must(sealExport, given)
  expect(sealed.manifest).toMatchObject({ ...given, exportedBy: 'system test' })
  const { filters, ...rest } = sealed.manifest
  const anew = JSON.parse(JSON.stringify({ filters: { router: '1', ip: '10.0.0.1' }, ...rest })) as unknown
  expect(filters).toEqual(given.filters)
  expect(exportFault(vault, content, { manifest: anew, seal: sealed.seal })).toBeUndefined()
})

test('a changed file, a changed word of its manifest, another box’s seal: each is found', () => {
  const { must, vault } = memorySite([sessions])
  const sealed = must(sealExport, given)
  expect(exportFault(vault, content.replace('amina', 'juma'), sealed)).toBe('file')
  for (const change of [{ rows: 2 }, { exportedBy: 'staff x' }, { to: '2026-12-01T00:00:00.000Z' }, { filters: {} }])
    expect(exportFault(vault, content, { ...sealed, manifest: { ...sealed.manifest, ...change } })).toBe('seal')
  expect(exportFault(vault, content, { ...sealed, manifest: { sha256: '' } })).toBe('manifest')
  expect(exportFault(memorySite([sessions], { seed: 2 }).vault, content, sealed)).toBe('seal')
})
