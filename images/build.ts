/** `npm run image -- --arch amd64|arm64 --out DIR`: an image, its update bundle, manifest, signature and SBOM. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { boardNames, readBoard, type BoardName } from './board.ts'
import { makeBundle } from './bundle.ts'
import { makeDeb } from './deb.ts'
import { makeDisk } from './disk.ts'
import { withProcessor } from './foreign.ts'
import { areThere, keysIn, makeKeys, type SigningKeys } from './keys.ts'
import { stageProduct } from './product.ts'
import { finishRoot, makeDebian } from './root.ts'
import { debianComponents, sbomOf } from './sbom.ts'
import { run } from './shell.ts'
import { makeSlot } from './slot.ts'

const root = join(import.meta.dirname, '..')
const usage = 'npm run image -- --arch amd64|arm64 --out DIR [--version X.Y.Z] [--keys DIR]'

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

const step = <T>(what: string, body: () => T): T => {
  const startedAt = performance.now()
  const made = body()
  console.log(`  ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  return made
}

/** Keys that were given, or some for this folder alone. */
function keysFor(given: string | undefined, out: string): SigningKeys {
  if (given !== undefined) {
    const keys = keysIn(resolve(given))
    if (!areThere(keys))
      throw new Error(`--keys: ${given} lacks authority.pem, release.pem or release.key (docs/updates.md)`)
    return keys
  }
  const own = keysIn(join(out, 'keys'))
  if (areThere(own)) return own
  console.log(
    `  no --keys: this image trusts a key made for it in ${join(out, 'keys')}, and takes updates signed by that`,
  )
  return makeKeys(join(out, 'keys'), 'Lango development')
}

type Given = {
  readonly arch: BoardName
  readonly out: string
  readonly version: string
  readonly keys: string | undefined
}

async function build({ arch, out, version, keys: given }: Given): Promise<void> {
  const board = readBoard(arch)
  const epochSec = Number(
    process.env['SOURCE_DATE_EPOCH'] ?? run('git', ['-C', root, 'log', '-1', '--format=%ct']).trim(),
  )
  const work = join(out, 'work')
  mkdirSync(work, { recursive: true })
  const keys = keysFor(given, out)
  const name = `lango-${version}-${arch}`
  const at = (ending: string): string => join(out, `${name}.${ending}`)
  console.log(`${name}: ${board.title}`)

  const [debian, product, slot, disk] = ['root', 'product', 'slot.img', 'disk.img'].map((part) => join(work, part)) as [
    string,
    string,
    string,
    string,
  ]
  const parts = step('the product', () => stageProduct(board, product, join(out, 'cache')))
  const deb = `lango_${version}_${board.debianArch}.deb`
  step('the package for a Debian', () => makeDeb(board, product, work, version, join(out, deb), epochSec))
  const grub = join(work, 'grub')
  const sbom = withProcessor(board, () => {
    step('the root file system of Debian packages', () => makeDebian(board, debian, epochSec))
    const made = sbomOf(board, version, debianComponents(debian), parts, epochSec)
    rmSync(grub, { recursive: true, force: true })
    run('cp', ['-a', join(debian, 'usr/lib/grub', board.grubTarget), grub])
    step('what is laid over it', () => finishRoot(board, debian, product, keys, { version, epochSec }))
    return made
  })
  const { rootHash, sizeBytes } = step('the slot, with its hash tree', () => makeSlot(debian, slot, epochSec))
  step('the disk', () => makeDisk(board, slot, grub, disk, work, epochSec))
  step('the compressed image', () => run('zstd', ['-q', '-f', '-T0', '-10', disk, '-o', at('img.zst')]))
  step('the update bundle', () => makeBundle(board, slot, keys, version, at('raucb')))
  writeFileSync(at('cdx.json'), sbom)

  const files = await Promise.all(
    [`${name}.img.zst`, `${name}.raucb`, `${name}.cdx.json`, deb].map(async (file) => ({
      name: file,
      sizeBytes: statSync(join(out, file)).size,
      sha256: await sha256(join(out, file)),
    })),
  )
  const manifest = {
    version,
    arch,
    sourceDateEpochSec: epochSec,
    rootHash,
    slotBytes: sizeBytes,
    diskSha256: await sha256(disk),
    files,
  }
  writeFileSync(at('json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  run('openssl', [
    'cms',
    '-sign',
    '-binary',
    '-in',
    at('json'),
    '-signer',
    keys.certificate,
    '-inkey',
    keys.key,
    '-outform',
    'PEM',
    '-out',
    at('json.sig'),
  ])
  for (const file of files) console.log(`  ${file.name}  ${(file.sizeBytes / 1e6).toFixed(0)} MB  ${file.sha256}`)
}

const { values } = parseArgs({
  options: { arch: { type: 'string' }, out: { type: 'string' }, version: { type: 'string' }, keys: { type: 'string' } },
})
const arch = boardNames.find((name) => name === values.arch)
if (arch === undefined || values.out === undefined) {
  console.error(usage)
  process.exit(2)
}
if (process.getuid?.() !== 0) {
  console.error('Building an image needs root, for the files of its users: sudo env "PATH=$PATH" npm run image -- …')
  process.exit(1)
}
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
await build({ arch, out: resolve(values.out), version: values.version ?? version, keys: values.keys })
