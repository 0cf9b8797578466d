/**
 * The product as production runs it, in one folder: launcher, bundle, Node and the few packages that are not in the
 * bundle. Images, the Debian package and the container have the same.
 */
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Board } from './board.ts'
import { run } from './shell.ts'

const root = join(import.meta.dirname, '..')

/** Not in the bundle: a native addon finds its binary, and pdfkit its fonts, beside their own files. */
const outside = ['better-sqlite3', 'pdfkit']

export type Part = { readonly name: string; readonly version: string; readonly license: string }

type Manifest = { name: string; version: string; license?: string; dependencies?: Record<string, string> }
const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** Where a package finds another, in pnpm's layout: beside its own real folder, or in its own node_modules. */
const folderOf = (name: string, from: string): string => {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder)
  }
  throw new Error(`no package ${name} is installed for ${from}: run npm run ready`)
}

/** Folder below the product's node_modules → the package's own. A name's first version lies at the top, another beside whoever asks for it. */
const closure = (
  names: readonly string[],
  from: string,
  into = '',
  found = new Map<string, string>(),
): Map<string, string> => {
  for (const name of names) {
    const folder = folderOf(name, from)
    const place = (found.get(name) ?? folder) === folder ? name : `${into}/node_modules/${name}`
    if (found.has(place)) continue
    found.set(place, folder)
    closure(Object.keys(manifestOf(folder).dependencies ?? {}), folder, place, found)
  }
  return found
}

/** Sources of SQLite and headers are of use to nobody who runs it: 25 MB. */
const isNeeded = (folder: string, path: string, addonName: string): boolean => {
  const inside = path.slice(folder.length + 1)
  if (/^(deps|src|binding\.gyp)(\/|$)/.test(inside) && folder.endsWith('/better-sqlite3')) return false
  if (inside.startsWith('prebuilds/')) return inside === `prebuilds/${addonName}`
  return !/(^|\/)(node_modules|test|tests|\.github)(\/|$)|\.([cm]?ts|map|md)$/.test(inside)
}

/**
 * Node for a machine that is not this one comes from the registry too, and is what the lockfile says it is: npm compares
 * it with the integrity that stands there.
 */
function nodeFolder(board: Board, cache: string): string {
  const installed = join(root, 'node_modules', board.nodePackage)
  if (existsSync(installed)) return realpathSync(installed)
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const [, version, integrity] =
    new RegExp(`${board.nodePackage}@([\\d.]+):\\n\\s+resolution: \\{integrity: ([^}]+)\\}`).exec(lock) ?? []
  if (version === undefined || integrity === undefined) throw new Error(`${board.nodePackage} is not in pnpm-lock.yaml`)
  const folder = join(cache, `${board.nodePackage}-${version}`)
  if (existsSync(folder)) return join(folder, 'package')
  const partial = `${folder}.new`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  run('npm', ['pack', '--silent', '--pack-destination', partial, `${board.nodePackage}@${version}`])
  const archive = join(partial, `${board.nodePackage}-${version}.tgz`)
  const sum = createHash('sha512').update(readFileSync(archive)).digest('base64')
  if (`sha512-${sum}` !== integrity) throw new Error(`${archive} is not what pnpm-lock.yaml says`)
  run('tar', ['-xzf', archive, '-C', partial])
  run('mv', [partial, folder])
  return join(folder, 'package')
}

/** Fills `target` (made anew) and returns what of other people's work is in it, for the SBOM. */
export function stageProduct(board: Board, target: string, cache: string): readonly Part[] {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(join(target, 'bin'), { recursive: true })
  run(process.execPath, [join(root, 'tools/bundle.ts')])
  cpSync(join(root, 'appliance/dist'), join(target, 'appliance/dist'), { recursive: true })
  for (const name of ['LICENSE', 'NOTICE']) cpSync(join(root, name), join(target, name))
  cpSync(join(root, 'bin/lango'), join(target, 'bin/lango'))
  chmodSync(join(target, 'bin/lango'), 0o755)

  const addonName = `linux-${board.nodePackage.endsWith('x64') ? 'x64' : 'arm64'}.node`
  const packages = closure(outside, join(root, 'appliance'))
  for (const [place, folder] of packages) {
    cpSync(folder, join(target, 'node_modules', place), {
      recursive: true,
      filter: (path) => path === folder || isNeeded(folder, path, addonName),
    })
  }
  const node = nodeFolder(board, cache)
  cpSync(join(node, 'bin/node'), join(target, 'node_modules', board.nodePackage, 'bin/node'))
  for (const name of ['LICENSE', 'package.json']) {
    if (existsSync(join(node, name))) cpSync(join(node, name), join(target, 'node_modules', board.nodePackage, name))
  }
  chmodSync(join(target, 'node_modules', board.nodePackage, 'bin/node'), 0o755)
  mkdirSync(join(target, 'node_modules/.bin'))
  symlinkSync(`../${board.nodePackage}/bin/node`, join(target, 'node_modules/.bin/node'))

  const bundled = JSON.parse(readFileSync(join(target, 'appliance/dist/packages.json'), 'utf8')) as string[]
  return [...packages.values(), node, ...bundled.map((folder) => join(root, folder))]
    .map((folder) => {
      const { name, version, license } = manifestOf(folder)
      return { name, version, license: license ?? 'NOASSERTION' }
    })
    .toSorted((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`, 'en'))
}
