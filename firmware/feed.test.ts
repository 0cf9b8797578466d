import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { feedLimits, readFeed, type FeedFault } from './feed.ts'
import type { Manifest } from './manifest.ts'
import { newKey, type SigningKey } from './publish/keys.ts'
import {
  refresh,
  sameReleases,
  signAll,
  take,
  withChange,
  withRelease,
  writeRoot,
  type Repository,
} from './publish/repository.ts'
import { folderSource, httpSource } from './source.ts'
import { makeFeed, manifestOf, serveFeed } from './testing/feed.ts'

const DAY_MS = 86_400_000
const addRelease = async (repository: Repository, manifest: Manifest, bundle: string, keys: readonly SigningKey[]) =>
  take(repository, signAll(await withRelease(repository, manifest, bundle), keys))
const signTargets = (repository: Repository, keys: readonly SigningKey[]): void =>
  take(repository, signAll(sameReleases(repository), keys))

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

/** A feed with release 1.1.0 on a web server, and a box that came with the feed's first root. */
const start = async (now = Date.now()) => {
  const feed = await makeFeed(now)
  await feed.release(manifestOf('1.1.0'), 'one')
  const server = await serveFeed(feed.dir)
  const box = mkdtempSync(join(tmpdir(), 'lango-test-box-'))
  ending.push(
    () => feed.remove(),
    () => server.stop(),
    () => rmSync(box, { recursive: true }),
  )
  const options = { rootFile: join(box, 'root.json'), trustFile: join(box, 'trust.json') }
  cpSync(join(feed.dir, 'metadata/1.root.json'), options.rootFile)
  /** The versions in the feed, or the fault. */
  const ask = async (at = now): Promise<readonly string[] | FeedFault> => {
    const read = await readFeed(options, httpSource(server.base), at)
    return read.ok ? read.value.map(({ version }) => version) : read.error
  }
  /** The feed as it is now, to be served again later. */
  const copy = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'lango-test-copy-'))
    ending.push(() => rmSync(dir, { recursive: true }))
    cpSync(feed.dir, dir, { recursive: true })
    return dir
  }
  return { feed, server, box, options, ask, copy, now }
}

test('releases come with what was signed about them', async () => {
  const { options, server, now } = await start()
  const read = await readFeed(options, httpSource(server.base), now)
  expect(read).toMatchObject({
    ok: true,
    value: [{ name: 'lango-1.1.0-amd64.raucb', version: '1.1.0', sizeBytes: 3, notes: { sw: 'Toleo 1.1.0' } }],
  })
})

test('a folder is a feed too', async () => {
  const { options, feed, now } = await start()
  expect(await readFeed(options, folderSource(feed.dir), now)).toMatchObject({ value: [{ version: '1.1.0' }] })
  expect(await readFeed(options, folderSource('/nowhere'), now)).toMatchObject({ error: { type: 'FeedUnreachable' } })
})

test('what a later release says more is passed over, and the rest is read', async () => {
  const { feed, ask, now } = await start()
  const file = join(feed.dir, 'bundles', '1.1.0')
  const newer = { ...manifestOf('1.2.0'), arch: 'riscv64' }
  await expect(addRelease(feed.at(now), newer as never, file, feed.keys.release)).rejects.toThrow('arch')
  expect(await ask()).toEqual(['1.1.0'])
})

describe('an attacker who holds the web server', () => {
  test('cannot serve an older feed', async () => {
    const { feed, server, ask, copy } = await start()
    const old = copy()
    await feed.release(manifestOf('1.2.0'), 'two')
    expect(await ask()).toEqual(['1.1.0', '1.2.0'])
    server.dir = old
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('less than current') })
  })

  test('cannot serve an older feed to a box that was restarted, or whose trust file a power cut left beside', async () => {
    const { feed, server, ask, copy, options } = await start()
    const old = copy()
    await feed.release(manifestOf('1.2.0'), 'two')
    await ask()
    // A half-written one is never the file itself.
    writeFileSync(`${options.trustFile}.new`, readFileSync(options.trustFile).subarray(0, 100))
    server.dir = old
    expect(await ask()).toMatchObject({ type: 'FeedRefused' })
  })

  test('can hold releases back only until the signatures expire', async () => {
    const { feed, ask, now } = await start()
    expect(await ask(now + 13 * DAY_MS)).toEqual(['1.1.0'])
    expect(await ask(now + 15 * DAY_MS)).toMatchObject({
      type: 'FeedExpired',
      role: 'timestamp',
      expiredAt: expect.any(Number),
    })
    refresh(feed.at(now + 15 * DAY_MS), [feed.keys.online])
    expect(await ask(now + 15 * DAY_MS)).toEqual(['1.1.0'])
  })

  test('cannot serve what is past its date by any clock', async () => {
    const { ask } = await start(Date.now() - 20 * DAY_MS)
    expect(await ask(0)).toMatchObject({ type: 'FeedExpired', role: 'timestamp' })
  })

  test.each(['targets', 'snapshot'])('cannot mix parts of two feeds: an older %s', async (part) => {
    const { feed, server, ask, copy } = await start()
    const old = copy()
    await feed.release(manifestOf('1.2.0'), 'two')
    server.misbehave = (path, _, response) => {
      if (!path.endsWith(`.${part}.json`)) return false
      const before = path.replace(/\d+/, (version) => String(Number(version) - 1))
      response.end(readFileSync(join(old, before)))
      return true
    }
    expect(await ask()).toMatchObject({ type: 'FeedRefused' })
  })

  test.each([
    ['timestamp.json', feedLimits.timestampBytes],
    ['2.root.json', feedLimits.rootBytes],
    ['snapshot.json', feedLimits.snapshotBytes],
    ['targets.json', feedLimits.targetsBytes],
  ])('cannot send without end: %s', async (name, bytesMax) => {
    const { server, ask } = await start()
    let sent = 0
    server.misbehave = (path, _, response) => {
      if (!path.endsWith(name)) return false
      const more = (): void => {
        sent += 16_384
        if (!response.destroyed) response.write(Buffer.alloc(16_384, 32), () => setImmediate(more))
      }
      more()
      return true
    }
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('more than') })
    expect(sent).toBeLessThan(bytesMax + 8 * 1024 * 1024)
  })

  test.each([
    ['nothing that can be read', 'not json'],
    ['null', 'null'],
    ['no parts', '{}'],
    [
      'a prototype',
      '{"__proto__":{"signed":1},"signed":{"_type":"timestamp"},"signatures":[{"keyid":"__proto__","sig":""}]}',
    ],
  ])('cannot upset the box: %s', async (_, text) => {
    const { server, ask } = await start()
    server.misbehave = (path, _request, response) => {
      if (!path.endsWith('timestamp.json')) return false
      response.end(text)
      return true
    }
    expect(await ask()).toMatchObject({ type: 'FeedRefused' })
    server.misbehave = undefined
    expect(await ask()).toEqual(['1.1.0'])
  })

  test('cannot change what was signed', async () => {
    const { feed, server, ask } = await start()
    await feed.release(manifestOf('1.2.0'), 'two')
    server.misbehave = (path, _, response) => {
      if (!path.endsWith('.targets.json')) return false
      response.end(readFileSync(join(feed.dir, path), 'utf8').replace('1.2.0-amd64', '1.3.0-amd64'))
      return true
    }
    expect(await ask()).toMatchObject({ type: 'FeedRefused' })
  })

  test('who is down is unreachable, and nothing is lost', async () => {
    const { server, ask } = await start()
    await ask()
    server.misbehave = (_path, _request, response) => {
      response.writeHead(500).end()
      return true
    }
    expect(await ask()).toEqual({ type: 'FeedUnreachable', cause: 'HTTP 500' })
    server.misbehave = (_path, request) => {
      request.destroy()
      return true
    }
    expect(await ask()).toMatchObject({ type: 'FeedUnreachable' })
    server.misbehave = undefined
    expect(await ask()).toEqual(['1.1.0'])
  })
})

describe('a stolen key', () => {
  test('of one who releases makes no release', async () => {
    const { feed, ask, now, copy, server } = await start()
    const evil = copy()
    const repository = { dir: evil, now }
    const [stolen] = feed.keys.release
    await expect(addRelease(repository, manifestOf('6.6.6'), join(evil, 'bundles/1.1.0'), [stolen!])).rejects.toThrow(
      '1/2 keys',
    )
    // With a tool of the attacker's own, which does not look: signed by the one key twice, and by one that nobody knows.
    const targets = JSON.parse(readFileSync(join(evil, 'metadata/2.targets.json'), 'utf8')) as {
      signed: { version: number }
    }
    const { Metadata, MetadataKind } = await import('@tufjs/models')
    targets.signed.version = 3
    const forged = Metadata.fromJSON(MetadataKind.Targets, { ...targets, signatures: [] })
    for (const key of [stolen!, newKey()]) forged.sign(key.sign)
    writeFileSync(join(evil, 'metadata/3.targets.json'), JSON.stringify(forged.toJSON()))
    refresh(repository, [feed.keys.online])
    server.dir = evil
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('1/2 keys') })
  })

  test('of the machine that signs each day makes no release and no root', async () => {
    const { feed, ask, now, copy, server } = await start()
    const evil = copy()
    const repository = { dir: evil, now }
    const online = [feed.keys.online]
    expect(() =>
      writeRoot(repository, { ...feed.signers, targets: { keys: [online[0]!.key], threshold: 1 } }, online),
    ).toThrow('0/2 keys')
    await expect(addRelease(repository, manifestOf('6.6.6'), join(evil, 'bundles/1.1.0'), online)).rejects.toThrow(
      '0/2',
    )
    server.dir = evil
    expect(await ask()).toEqual(['1.1.0'])
  })

  test('of one who keeps a root key makes no root', async () => {
    const { feed, ask, now, copy, server } = await start()
    const evil = copy()
    const mine = newKey()
    const signers = { ...feed.signers, targets: { keys: [mine.key], threshold: 1 } }
    expect(() => writeRoot({ dir: evil, now }, signers, [feed.keys.root[0]!, mine])).toThrow('1/2 keys')
    // The tool refuses; a root that was made without it is refused by the box.
    const all = { ...feed.signers, root: { keys: [mine.key], threshold: 1 } }
    const elsewhere = mkdtempSync(join(tmpdir(), 'lango-test-evil-'))
    ending.push(() => rmSync(elsewhere, { recursive: true }))
    writeRoot({ dir: elsewhere, now }, all, [mine])
    const root = JSON.parse(readFileSync(join(elsewhere, 'metadata/1.root.json'), 'utf8')) as {
      signed: { version: number }
    }
    root.signed.version = 2
    const { Metadata, MetadataKind } = await import('@tufjs/models')
    const forged = Metadata.fromJSON(MetadataKind.Root, { ...root, signatures: [] })
    for (const key of [feed.keys.root[0]!, mine]) forged.sign(key.sign)
    writeFileSync(join(evil, 'metadata/2.root.json'), JSON.stringify(forged.toJSON()))
    server.dir = evil
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('1/2 keys') })
  })
})

describe('keys', () => {
  test('are rotated: a box that missed several roots follows them one by one', async () => {
    const { feed, ask, now, options } = await start()
    const [first, second, third] = feed.keys.root
    const fresh = [newKey(), newKey()]
    const next = { ...feed.signers, root: { keys: [second!, third!, fresh[0]!].map(({ key }) => key), threshold: 2 } }
    writeRoot(feed.at(now), next, [first!, second!, third!])
    const last = { ...next, root: { keys: [third!, ...fresh].map(({ key }) => key), threshold: 2 } }
    writeRoot(feed.at(now), last, [second!, third!, ...fresh])
    expect(await ask()).toEqual(['1.1.0'])
    const { root } = JSON.parse(readFileSync(options.trustFile, 'utf8')) as { root: string }
    expect((JSON.parse(root) as { signed: { version: number } }).signed.version).toBe(3)
  })

  test('are revoked: what a key signed that is in no root any more is refused', async () => {
    const { feed, ask, now } = await start()
    await ask()
    const instead = newKey()
    const [kept, revoked] = feed.keys.release
    const signers = { ...feed.signers, targets: { keys: [kept!.key, instead.key], threshold: 2 } }
    writeRoot(feed.at(now), signers, feed.keys.root.slice(0, 2))
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('1/2 keys') })
    signTargets(feed.at(now), [kept!, instead])
    refresh(feed.at(now), [feed.keys.online])
    expect(await ask()).toEqual(['1.1.0'])
    expect(() => signTargets(feed.at(now), [kept!, revoked!])).toThrow('1/2 keys')
  })

  test('that are revoked stay so where the rest of the feed is held back', async () => {
    const { feed, ask, now, copy, server } = await start()
    const old = copy()
    const stolen = feed.keys.online
    const instead = newKey()
    const one = { keys: [instead.key], threshold: 1 }
    writeRoot(feed.at(now), { ...feed.signers, snapshot: one, timestamp: one }, feed.keys.root.slice(0, 2))
    // The new root is served, then everything as the thief signs it.
    cpSync(join(feed.dir, 'metadata/2.root.json'), join(old, 'metadata/2.root.json'))
    refresh({ dir: old, now }, [stolen])
    server.dir = old
    expect(await ask()).toMatchObject({ type: 'FeedRefused', cause: expect.stringContaining('0/1 keys') })
    rmSync(join(old, 'metadata/2.root.json'))
    expect(await ask()).toMatchObject({ type: 'FeedRefused' })
  })

  test('of an image that is newer than what the box had win', async () => {
    const { feed, ask, now, options } = await start()
    await ask()
    const instead = newKey()
    const one = { keys: [instead.key], threshold: 1 }
    writeRoot(feed.at(now), { ...feed.signers, snapshot: one, timestamp: one }, feed.keys.root.slice(0, 2))
    cpSync(join(feed.dir, 'metadata/2.root.json'), options.rootFile)
    refresh(feed.at(now), [instead])
    expect(await ask()).toEqual(['1.1.0'])
  })
})

test('an image without a root trusts nobody, and a damaged trust file begins anew from the image', async () => {
  const { ask, options } = await start()
  await ask()
  writeFileSync(options.trustFile, '{"root":"')
  expect(await ask()).toEqual(['1.1.0'])
  rmSync(options.rootFile)
  expect(await ask()).toMatchObject({ type: 'TrustMissing', file: options.rootFile })
})

test('a release is called back, and its rings are opened, without a new bundle', async () => {
  const { feed, options, server, now } = await start()
  const changed = withChange(feed.at(now), 'lango-1.1.0-amd64.raucb', { withdrawn: true })
  take(feed.at(now), signAll(changed, feed.keys.release))
  refresh(feed.at(now), [feed.keys.online])
  expect(await readFeed(options, httpSource(server.base), now)).toMatchObject({ value: [{ withdrawn: true }] })
})
