import { spawn, execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { systemTimers, type Timers } from '@lango/kernel'
import { downloadBundle, downloadedBytes, keepOnly, type DownloadDeps } from './download.ts'
import { folderSource, httpSource } from './source.ts'
import { makeFeed, manifestOf, serveFeed } from './testing/feed.ts'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
})

const run = (command: string, ...args: string[]): Buffer => execFileSync(command, args)

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'lango-test-download-'))
  ending.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const start = async (content: Buffer = randomBytes(3_000_000)) => {
  const feed = await makeFeed()
  await feed.release(manifestOf('1.1.0'), content)
  const server = await serveFeed(feed.dir)
  const dir = folder()
  ending.push(
    () => feed.remove(),
    () => server.stop(),
  )
  const sha256 = createHash('sha256').update(content).digest('hex')
  const release = { name: 'lango-1.1.0-amd64.raucb', sizeBytes: content.length, sha256 }
  const file = join(dir, release.name)
  const download = (change: Partial<DownloadDeps> = {}) =>
    downloadBundle(release, {
      dir,
      source: httpSource(server.base),
      timers: systemTimers(),
      monotonicMs: () => performance.now(),
      rateKbps: () => 0,
      signal: new AbortController().signal,
      spareBytes: 1,
      ...change,
    })
  /** The server breaks off after so many octets of the bundle. */
  const breakAfter = (octets: number): void => {
    server.misbehave = (path, _, response) => {
      if (!path.startsWith('targets/')) return false
      response.writeHead(200, { etag: '"1"', 'content-length': content.length })
      response.write(content.subarray(0, octets), () => setImmediate(() => response.destroy()))
      return true
    }
  }
  /** Serves the bundle as a plain server with this ETag does. */
  const serveAs = (etag: string, body = content): void => {
    server.misbehave = (path, request, response) => {
      if (!path.startsWith('targets/')) return false
      const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
      const begin = from !== undefined && request.headers['if-range'] === etag ? Number(from) : 0
      const partial = begin > 0 ? { 'content-range': `bytes ${begin}-${body.length - 1}/${body.length}` } : {}
      response.writeHead(begin > 0 ? 206 : 200, { etag, ...partial }).end(body.subarray(begin))
      return true
    }
  }
  return { feed, server, dir, release, content, file, download, breakAfter, serveAs }
}

test('a bundle comes whole, and once', async () => {
  const { download, file, content, server, dir } = await start()
  expect(await download()).toEqual({ ok: true, value: file })
  expect(readFileSync(file).equals(content)).toBe(true)
  expect(readdirSync(dir)).toEqual(['lango-1.1.0-amd64.raucb'])
  const asked = server.asked.length
  expect(await download()).toMatchObject({ ok: true })
  expect(server.asked).toHaveLength(asked)
})

test('it goes on where it stopped', async () => {
  const { download, file, content, breakAfter, serveAs, server, dir, release } = await start()
  breakAfter(1_000_000)
  expect(await download()).toMatchObject({ error: { type: 'FeedUnreachable' } })
  const had = downloadedBytes(dir, release.name)
  expect(had).toBeGreaterThan(0)
  serveAs('"1"')
  expect(await download()).toMatchObject({ ok: true })
  expect(server.asked.at(-1)).toContain(`bytes=${had}-`)
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('it begins anew where another file lies there now, or the server knows no ranges', async () => {
  const { download, file, content, breakAfter, serveAs } = await start()
  breakAfter(1_000_000)
  await download()
  serveAs('"2"')
  expect(await download()).toMatchObject({ ok: true })
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('more than was signed for is refused as soon as it comes, and nothing of it stays', async () => {
  const { download, server, dir } = await start()
  let sent = 0
  server.misbehave = (path, _, response) => {
    if (!path.startsWith('targets/')) return false
    const more = (): void => {
      sent += 65_536
      if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more))
    }
    more()
    return true
  }
  expect(await download()).toMatchObject({ error: { type: 'BundleAltered', cause: 'longer' } })
  expect(sent).toBeLessThan(20_000_000)
  expect(readdirSync(dir).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('what is not what was signed never gets its name', async () => {
  const { download, file, content, serveAs, dir } = await start()
  serveAs('"1"', Buffer.from(content).fill(0, 10, 20))
  expect(await download()).toMatchObject({ error: { type: 'BundleAltered', cause: 'hash' } })
  expect(existsSync(file)).toBe(false)
  expect(readdirSync(dir)).toEqual([])
})

test('a part that the disk has damaged is found by the hash, and the next begins anew', async () => {
  const { download, file, breakAfter, serveAs, content } = await start()
  breakAfter(1_000_000)
  await download()
  const part = readFileSync(`${file}.part`)
  writeFileSync(`${file}.part`, part.fill(7, 0, 9))
  serveAs('"1"')
  expect(await download()).toMatchObject({ error: { type: 'BundleAltered' } })
  expect(await download()).toMatchObject({ ok: true })
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('a whole file that was damaged since is fetched again', async () => {
  const { download, file, content } = await start()
  await download()
  writeFileSync(file, Buffer.alloc(content.length))
  expect(await download()).toMatchObject({ ok: true })
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('a server that sends nothing more is given up', async () => {
  const { download, server } = await start()
  server.misbehave = (path, _, response) => {
    if (!path.startsWith('targets/')) return false
    response.writeHead(200, { etag: '"1"' }).write('x')
    return true
  }
  // A minute, told at once when the first octet is on the disk.
  const waiting: (() => void)[] = []
  const timers: Timers = {
    after: (_ms, run) => {
      waiting.push(run)
      if (waiting.length === 2) setImmediate(run)
      return () => {}
    },
  }
  expect(await download({ timers })).toEqual({ ok: false, error: { type: 'FeedUnreachable', cause: 'nothing comes' } })
})

test('it is no faster than it may be, and that may change on the way', async () => {
  const { download } = await start(Buffer.alloc(1_000_000, 1))
  let [waitedMs, pieces] = [0, 0]
  const timers: Timers = {
    after: (ms, run) => {
      if (ms >= 60_000) return () => {}
      waitedMs += ms
      setImmediate(run)
      return () => {}
    },
  }
  // The first half of the pieces at 8,000 kbit/s, the rest as fast as it goes.
  const done = await download({ timers, monotonicMs: () => waitedMs, rateKbps: () => (pieces++ < 5 ? 8000 : 0) })
  expect(done.ok).toBe(true)
  expect(waitedMs).toBeGreaterThan(0)
  expect(waitedMs).toBeLessThan(1000)
})

test('it is stopped, and goes on later', async () => {
  const { download, file } = await start()
  const stopping = new AbortController()
  const stopped = await download({
    signal: stopping.signal,
    rateKbps: () => {
      stopping.abort()
      return 0
    },
  })
  expect(stopped).toEqual({ ok: false, error: { type: 'DownloadStopped' } })
  expect(await download()).toMatchObject({ ok: true, value: file })
})

test('without room it does not begin', async () => {
  const { download, server } = await start()
  expect(await download({ spareBytes: 2 ** 52 })).toMatchObject({ error: { type: 'UpdateDiskFull' } })
  expect(server.asked.filter((path) => path.startsWith('targets/'))).toEqual([])
})

test.skipIf(process.getuid?.() !== 0)('a disk that fills up on the way is given back what was there', async () => {
  const { download, server, content } = await start()
  const mount = folder()
  run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount)
  ending.push(() => run('umount', mount))
  server.misbehave = (path, _, response) => {
    if (!path.startsWith('targets/')) return false
    // Somebody else takes the room when the first half is there.
    response.write(content.subarray(0, 1_500_000), () => {
      const look = (): void => {
        if (downloadedBytes(mount, 'lango-1.1.0-amd64.raucb') < 1_000_000) return void setImmediate(look)
        try {
          writeFileSync(join(mount, 'other'), Buffer.alloc(4_000_000))
        } catch {
          // All that there was.
        }
        response.end(content.subarray(1_500_000))
      }
      look()
    })
    return true
  }
  expect(await download({ dir: mount })).toMatchObject({ error: { type: 'UpdateDiskFull' } })
  expect(existsSync(join(mount, 'lango-1.1.0-amd64.raucb.part'))).toBe(false)
  server.misbehave = undefined
  rmSync(join(mount, 'other'), { force: true })
  expect(await download({ dir: mount })).toMatchObject({ ok: true })
})

test('from a folder it goes on too', async () => {
  const { download, feed, file, content } = await start()
  const stopping = new AbortController()
  let pieces = 0
  await download({
    source: folderSource(feed.dir),
    signal: stopping.signal,
    rateKbps: () => {
      if (++pieces === 10) stopping.abort()
      return 0
    },
  })
  const had = statSync(`${file}.part`).size
  expect(had).toBeGreaterThan(0)
  expect(await download({ source: folderSource(feed.dir) })).toMatchObject({ ok: true })
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('older bundles go when another comes; nothing else in the folder does', async () => {
  const { download, dir } = await start()
  for (const name of ['lango-1.0.0-amd64.raucb', 'lango-1.0.5-amd64.raucb.part', 'notes.txt'])
    writeFileSync(join(dir, name), '')
  await download()
  expect(readdirSync(dir).toSorted()).toEqual(['lango-1.1.0-amd64.raucb', 'notes.txt'])
  keepOnly(dir)
  expect(readdirSync(dir)).toEqual(['notes.txt'])
})

test('killed in the middle it goes on, ten times over', async () => {
  const content = randomBytes(4_000_000)
  const { dir, release, file, server, download } = await start(content)
  const job = JSON.stringify({ dir, release, base: server.base })
  let kills = 0
  let had = 0
  while (kills < 10) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/download-and-wait.ts'), job], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    // It tells each piece before it takes the next.
    let lines = 0
    child.stdout.on('data', (text: Buffer) => {
      lines += text.toString().split('\n').length - 1
      if (lines > 4) child.kill('SIGKILL')
    })
    await ended
    kills += 1
    const now = downloadedBytes(dir, release.name)
    expect(now).toBeGreaterThanOrEqual(had)
    had = now
  }
  expect(existsSync(file)).toBe(false)
  expect(await download()).toMatchObject({ ok: true })
  expect(server.asked.filter((path) => path.includes('bytes=')).length).toBeGreaterThan(5)
  expect(readFileSync(file).equals(content)).toBe(true)
})
