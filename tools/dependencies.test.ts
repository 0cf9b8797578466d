import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>

const wanted = globSync(['package.json', '*/package.json'], { exclude: ['node_modules'] }).flatMap((path) => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !version.startsWith('workspace:'))
    .map(([name, version]) => `${name} ${version}`)
})

const documented = readFileSync('docs/dependencies.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => {
    const [, names = '', version = '', licence = '', reason = ''] = line.split('|').map((cell) => cell.trim())
    const isWhole = licence !== '' && reason !== ''
    return names
      .split(',')
      .map((name) => `${name.replaceAll('`', '').trim()} ${isWhole ? version : 'without a reason'}`)
  })

test('docs/dependencies.md names every dependency with its version and reason, and no other', () => {
  expect(documented.toSorted()).toEqual([...new Set(wanted)].toSorted())
})

test('versions are exact', () => {
  expect(wanted.filter((line) => !/ \d+\.\d+\.\d+$/.test(line))).toEqual([])
})
