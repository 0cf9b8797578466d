/** A feed for tests: its keys at hand, its folder served by a real web server that may be told to misbehave. */
import { once } from 'node:events'
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleName, type Manifest } from '../manifest.ts'
import { newKey, type SigningKey } from '../publish/keys.ts'
import {
  refresh,
  sameReleases,
  signAll,
  take,
  withDelta,
  withDeltaFile,
  withRelease,
  writeRoot,
  type Repository,
  type Signers,
} from '../publish/repository.ts'

export const manifestOf = (version: string, change: Partial<Manifest> = {}): Manifest => ({
  version,
  arch: 'amd64',
  schema: 12,
  minReader: 1,
  minVersion: '0.0.0',
  rings: { all: '2026-01-01T00:00:00Z' },
  withdrawn: false,
  notes: { en: `What ${version} brings`, sw: `Toleo ${version}` },
  ...change,
})

export type TestFeed = {
  readonly dir: string
  readonly keys: {
    readonly root: readonly SigningKey[]
    readonly release: readonly SigningKey[]
    readonly online: SigningKey
  }
  readonly signers: Signers
  /** Changes are signed as of then. */
  at(now: number): Repository
  /** Adds a bundle of this content, and signs. */
  release(manifest: Manifest, content: Buffer | string, now?: number): Promise<void>
  /** Adds a delta of this content; without one, what really makes the one release of the other. */
  delta(version: string, from: string, content?: Buffer): Promise<void>
  remove(): void
}

/** Root is signed by two of three, releases by two of two, the rest by one. */
export const makeFeed = async (now = Date.now()): Promise<TestFeed> => {
  const dir = mkdtempSync(join(tmpdir(), 'lango-test-feed-'))
  const keys = { root: [newKey(), newKey(), newKey()], release: [newKey(), newKey()], online: newKey() }
  const publicOf = (signing: readonly SigningKey[]) => signing.map(({ key }) => key)
  const signers: Signers = {
    root: { keys: publicOf(keys.root), threshold: 2 },
    targets: { keys: publicOf(keys.release), threshold: 2 },
    snapshot: { keys: [keys.online.key], threshold: 1 },
    timestamp: { keys: [keys.online.key], threshold: 1 },
  }
  const at = (when: number): Repository => ({ dir, now: when })
  writeRoot(at(now), signers, keys.root.slice(0, 2))
  take(at(now), signAll(sameReleases(at(now)), keys.release))
  refresh(at(now), [keys.online])
  const fileOf = (name: string, content: Buffer | string): string => {
    const folder = join(dir, 'bundles')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const publish = (when: number, list: Parameters<typeof take>[1]): void => {
    take(at(when), signAll(list, keys.release))
    refresh(at(when), [keys.online])
  }
  return {
    dir,
    keys,
    signers,
    at,
    async release(manifest, content, when = now) {
      publish(when, await withRelease(at(when), manifest, fileOf(manifest.version, content)))
    },
    async delta(version, from, content) {
      const { arch } = manifestOf(version)
      const name = (of: string): string => bundleName({ version: of, arch })
      publish(
        now,
        content === undefined
          ? await withDelta(at(now), name(version), name(from))
          : await withDeltaFile(at(now), { version, arch, from }, fileOf(`${version}-from-${from}`, content)),
      )
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Answers in place of the file; true when it has. */
export type Misbehaviour = (path: string, request: IncomingMessage, response: ServerResponse) => boolean

export type FeedServer = {
  readonly base: string
  /** What was asked for, with the range. */
  readonly asked: string[]
  dir: string
  misbehave: Misbehaviour | undefined
  stop(): Promise<void>
}

/** As web servers do: files with an ETag, and the rest of one where it is asked for. */
export const serveFeed = async (dir: string): Promise<FeedServer> => {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://x').pathname.slice(1)
    feed.asked.push(`${path} ${request.headers.range ?? ''}`.trim())
    if (feed.misbehave?.(path, request, response) === true) return
    sendFile(join(feed.dir, path), request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const feed: FeedServer = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: [],
    dir,
    misbehave: undefined,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return feed
}

const sendFile = (file: string, request: IncomingMessage, response: ServerResponse): void => {
  let size: number
  try {
    size = statSync(file).size
  } catch {
    response.writeHead(404).end()
    return
  }
  const etag = `"${size}-${statSync(file).mtimeMs}"`
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
  const start = from !== undefined && request.headers['if-range'] === etag ? Number(from) : 0
  const partial = start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}
  response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': size - start, ...partial })
  createReadStream(file, { start }).pipe(response)
}
