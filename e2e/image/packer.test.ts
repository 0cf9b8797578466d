import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../images/shell.ts'

const templates = join(import.meta.dirname, '../../packer')
const disk = randomBytes(8 * 1024 * 1024)
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lango-packer-'))
  writeFileSync(join(folder, 'disk.img'), disk)
})
afterAll(() => rmSync(folder, { recursive: true }))

const packer = (verb: string, ...args: string[]): string =>
  run('packer', [verb, ...args, '-var', `image=${join(folder, 'disk.img')}`, '-var', `out=${folder}`, templates], {
    // No template may need an account to be judged.
    env: { HCLOUD_TOKEN: 'none', CHECKPOINT_DISABLE: '1', PACKER_CONFIG_DIR: folder },
  })

const asRaw = (file: string): Buffer => {
  run('qemu-img', ['convert', '-O', 'raw', file, `${file}.raw`])
  return readFileSync(`${file}.raw`)
}

test('every template is valid', () => expect(packer('validate')).not.toContain('rror'))

test('a qcow2 is the same disk', () => {
  packer('build', '-only=null.qemu')
  expect(asRaw(join(folder, 'lango-0.1.0.qcow2')).equals(disk)).toBe(true)
})

test('an OVA has its descriptor first, true sums, and the same disk', () => {
  packer('build', '-only=null.virtualbox')
  const ova = join(folder, 'lango-0.1.0.ova')
  expect(run('tar', ['-tf', ova]).split('\n')[0]).toBe('lango.ovf')
  run('tar', ['-xf', ova, '-C', folder])
  const manifest = readFileSync(join(folder, 'lango.mf'), 'utf8')
  for (const [, name, sum] of manifest.matchAll(/^SHA256\((.*)\)= ([0-9a-f]{64})$/gm))
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, name!)))
        .digest('hex'),
    ).toBe(sum)
  expect(manifest.trim().split('\n')).toHaveLength(2)
  expect(asRaw(join(folder, 'lango-disk1.vmdk')).equals(disk)).toBe(true)
  const words = readFileSync(join(folder, 'lango.ovf'), 'utf8')
  expect(words).toContain(`ovf:capacity="${disk.length}"`)
  expect(words).not.toContain('@')
})
