import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createS3Store, type S3Options } from '@lango/drivers/s3'
import { orThrow, seededRandom } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { backups, createShelfJob, endShelf, lendShelf, listShelves, resizeShelf } from '@lango/modules/backups'
import type { BackupFile, BackupStore } from '@lango/modules/backups/port'
import { readEndpoint } from '@lango/modules/backups/rules'
import { checkShelves } from '../doctor/shelves.ts'
import { createStoreAt } from '../drivers.ts'
import { fetchBackup, listStorage, storageSchema, storeOf } from '../restore/storage.ts'
import { issueClient, loadTls } from '../tls/index.ts'
import { createFixtureFeed, sampleSnapshot } from '../web/testing/fixture-feed.ts'
import { siteUnderTest } from '../web/testing/site-under-test.ts'
import { createWeb, serveWeb, type WebTls } from '../web/index.ts'
import { Shelves } from './folders.ts'
import { openShelf, shelfAddress } from './index.ts'

const signal = new AbortController().signal
const GB = 1_000_000_000
const ending: (() => unknown)[] = []
let work: string
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'lango-shelf-'))))
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
  rmSync(work, { recursive: true })
})

const fileOf = (content: string | Buffer): BackupFile => {
  const path = join(work, `file-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`)
  writeFileSync(path, content)
  return { path, bytes: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') }
}

/** A box that lends, with its real web behind its own certificate. */
const keeper = async (shown?: (tls: { web: WebTls; caCertPem: string }) => WebTls | Promise<WebTls>) => {
  const data = join(work, 'data')
  mkdirSync(data, { recursive: true })
  const disk = { free: 500 * GB, size: 1000 * GB }
  const shelves = new Shelves(data, () => disk)
  const site = memorySite([backups], { jobs: [createShelfJob(shelves)] })
  const folder = { tlsDir: join(work, 'tls') }
  mkdirSync(folder.tlsDir, { recursive: true })
  const tls = orThrow(
    await loadTls(folder, { now: Date.now, sure: true, random: seededRandom(7), hostName: 'pop-keeper' }),
  )
  const web = createWeb({
    token: 'x'.repeat(32),
    feed: createFixtureFeed(sampleSnapshot({ now: site.clock.now(), sessions: 1 })),
    site: siteUnderTest().web,
    pages: [],
    siteName: 'Keeper',
    clock: site.clock,
    demo: false,
    log: site.log,
    shelf: await openShelf(site, shelves, site.log),
  })
  const used = (await shown?.(tls)) ?? tls.web
  const server = orThrow(await serveWeb({ app: web.app, port: 0, tls: used }))
  ending.push(async () => {
    web.close()
    await server.close()
  })
  const at = { listen: '127.0.0.1', port: server.port, certPem: tls.web.cert }
  const { endpoint } = orThrow(shelfAddress(at, []))
  const { address, pinSha256 } = readEndpoint(endpoint)!

  type Lent = { readonly name: string; readonly accessKeyId: string; readonly secretKey: string }
  const lend = (name: string): Lent => site.must(lendShelf, { name })
  const store = ({ name, accessKeyId, secretKey }: Lent, more: Partial<S3Options> = {}): BackupStore =>
    createS3Store({
      bucket: 'backups',
      prefix: name,
      region: 'us-east-1',
      endpoint: address,
      pinSha256,
      accessKeyId,
      secretKey,
      now: site.clock.now,
      ...more,
    })
  const filesOf = (name: string): readonly string[] => {
    const dir = join(data, 'shelf', name)
    return existsSync(dir) ? readdirSync(dir).toSorted() : []
  }
  return { site, data, disk, shelves, server, endpoint, address, folder, lend, store, filesOf }
}

test('what a box puts on its shelf is verified, listed, counted, brought back and removed', async () => {
  const { site, lend, store, filesOf, data } = await keeper()
  const there = store(lend('kisumu'))
  expect(await there.list(signal)).toEqual([])
  const names = ['lango-pop-20261126T020000Z.backup', 'lango-pop-20261127T020000Z.backup']
  const files = [fileOf('one'.repeat(700_000)), fileOf('two')]
  for (const [at, name] of names.entries()) {
    await there.put(name, files[at]!, signal)
    await there.verify(name, files[at]!, signal)
  }
  await expect(there.verify(names[0]!, files[1]!, signal)).rejects.toThrow('not what was sent')
  expect([...(await there.list(signal))].toSorted()).toEqual(names)
  expect(site.query(listShelves, {})).toMatchObject([
    { name: 'kisumu', kept: 2, bytesUsed: 2_100_003, newestName: names[1], newestAt: expect.any(Number) },
  ])
  await there.get(names[0]!, join(work, 'back'), signal)
  expect(readFileSync(join(work, 'back'), 'utf8')).toBe('one'.repeat(700_000))
  // Whoever looks at the disk can look whether it is whole: sha256sum -c.
  expect(readFileSync(join(data, 'shelf/kisumu', `${names[1]}.sha256`), 'utf8')).toBe(
    `${files[1]!.sha256}  ${names[1]}\n`,
  )
  await there.remove(names[0]!, signal)
  expect(filesOf('kisumu')).toEqual([names[1], `${names[1]}.sha256`])
  expect(site.query(listShelves, {})).toMatchObject([{ kept: 1, bytesUsed: 3 }])
  await expect(there.get(names[0]!, join(work, 'gone'), signal)).rejects.toThrow('no such bucket or object')
})

test('a backup that is whole is not written over; one that is sent once more is there already', async () => {
  const { lend, store, filesOf } = await keeper()
  const there = store(lend('kisumu'))
  await there.put('a.backup', fileOf('first'), signal)
  await there.put('a.backup', fileOf('first'), signal)
  await expect(there.put('a.backup', fileOf('other'), signal)).rejects.toThrow('409 (ObjectAlreadyExists)')
  await there.verify('a.backup', fileOf('first'), signal)
  expect(filesOf('kisumu')).toEqual(['a.backup', 'a.backup.sha256'])
})

test.each<[string, Partial<S3Options>, string | RegExp]>([
  ['another secret', { secretKey: 'a guess' }, 'refuses the key (SignatureDoesNotMatch)'],
  ['a key that nobody has', { accessKeyId: 'LANGONOBODY' }, 'refuses the key (SignatureDoesNotMatch)'],
  ['another shelf', { prefix: 'mombasa' }, 'refuses the key (AccessDenied)'],
  ['no shelf', { prefix: '' }, /no such bucket|refuses the key \(AccessDenied\)/],
  ['another bucket', { bucket: 'elsewhere' }, 'no such bucket'],
  ['a time long ago', { now: () => 0 }, 'clocks of the storage and of this box are too far apart'],
])('%s is refused, and nothing is written, listed, read or removed', async (_, more, why) => {
  const { lend, store, filesOf } = await keeper()
  const other = store(lend('mombasa'))
  await other.put('theirs.backup', fileOf('theirs'), signal)
  const there = store(lend('kisumu'), more)
  await expect(there.put('a.backup', fileOf('x'), signal)).rejects.toThrow(why)
  await expect(there.list(signal)).rejects.toThrow(why)
  await expect(there.get('theirs.backup', join(work, 'stolen'), signal)).rejects.toThrow(why)
  await expect(there.remove('theirs.backup', signal)).rejects.toThrow(why)
  expect([filesOf('kisumu'), filesOf('mombasa')]).toEqual([[], ['theirs.backup', 'theirs.backup.sha256']])
  expect(existsSync(join(work, 'stolen'))).toBe(false)
})

test('a clock that may be wrong itself refuses nobody for theirs', async () => {
  const { site, lend, store } = await keeper()
  site.clock.setSure(false)
  const there = store(lend('kisumu'), { now: () => Date.UTC(2030, 0, 1) })
  await there.put('a.backup', fileOf('x'), signal)
  expect(await there.list(signal)).toEqual(['a.backup'])
})

test.each([
  '../other/a.backup',
  '..%2fa.backup',
  'a.txt',
  '.backup',
  'upload.part',
  'ä.backup',
  'a b.backup',
  '-a.backup',
])('a backup is not called %s', async (name) => {
  const { data, lend, store, filesOf } = await keeper()
  const there = store(lend('kisumu'))
  await expect(there.put(name, fileOf('x'), signal)).rejects.toThrow(/400 \(InvalidArgument\)|refuses the key|no such/)
  expect(filesOf('kisumu')).toEqual([])
  expect(existsSync(join(data, 'shelf')) ? readdirSync(join(data, 'shelf')) : []).toEqual([])
  await expect(there.get(name, join(work, 'got'), signal)).rejects.toThrow(/no such|refuses the key/)
})

test('what would be more than the shelf may hold, or leave the box too little disk, is refused', async () => {
  const { site, disk, lend, store, filesOf } = await keeper()
  const there = store(lend('kisumu'))
  site.must(resizeShelf, { name: 'kisumu', bytesMax: GB })
  const large = fileOf(Buffer.alloc(12_000_000, 7))
  await there.put('a.backup', large, signal)
  // Of which the shelf believes that it is nearly full.
  site.database.raw.exec('UPDATE backup_shelves SET bytes_max = 20000000')
  await expect(there.put('b.backup', large, signal)).rejects.toThrow('has no room for it (QuotaExceeded)')
  site.must(resizeShelf, { name: 'kisumu', bytesMax: GB })
  disk.free = 100 * GB + 11_000_000
  await expect(there.put('b.backup', large, signal)).rejects.toThrow('has no room for it (DiskFull)')
  expect(filesOf('kisumu')).toEqual(['a.backup', 'a.backup.sha256'])
  disk.free = 100 * GB + 13_000_000
  await there.put('b.backup', large, signal)
})

/** A signed request of our own client that is sent otherwise than it was signed. */
const sentAs = async (
  box: Awaited<ReturnType<typeof keeper>>,
  headers: Record<string, string>,
  body: Buffer,
  cutAt?: number,
): Promise<number | 'cut'> => {
  const { promise, resolve } = Promise.withResolvers<number | 'cut'>()
  const { port, hostname } = new URL(box.address)
  const path = '/shelf/backups/kisumu/a.backup'
  const sent = request({ port, hostname, path, method: 'PUT', headers, rejectUnauthorized: false, agent: false })
  sent.once('response', (answer) => {
    answer.resume()
    resolve(answer.statusCode!)
  })
  sent.once('error', () => resolve('cut'))
  if (cutAt === undefined) sent.end(body)
  else sent.write(body.subarray(0, cutAt), () => sent.destroy())
  return promise
}

/** What our own client would send with such a file. */
const headersFor = async (box: Awaited<ReturnType<typeof keeper>>, file: BackupFile) => {
  const { signed } = await import('../../../drivers/s3/signature.ts')
  const { accessKeyId, secretKey } = box.lend('kisumu')
  const { host } = new URL(box.address)
  const headers = signed(
    {
      method: 'PUT',
      host,
      path: '/shelf/backups/kisumu/a.backup',
      query: {},
      headers: { 'x-amz-meta-sha256': file.sha256 },
      bodyHash: file.sha256,
      at: box.site.clock.now(),
    },
    { accessKeyId, secretKey, region: 'us-east-1' },
  )
  return { ...headers, 'content-length': String(file.bytes) }
}

test('a body that is not the one that was signed is refused, and nothing of it stays', async () => {
  const box = await keeper()
  const headers = await headersFor(box, fileOf('a'.repeat(1000)))
  expect(await sentAs(box, headers, Buffer.from('b'.repeat(1000)))).toBe(400)
  expect(box.filesOf('kisumu')).toEqual([])
  expect(await sentAs(box, headers, Buffer.from('a'.repeat(1000)))).toBe(200)
})

test.each([
  ['a header that is put in', { 'x-amz-acl': 'public-read' }],
  ['another digest', { 'x-amz-meta-sha256': 'f'.repeat(64) }],
  ['another day', { 'x-amz-date': '20200101T000000Z' }],
  ['no digest of the body', { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }],
  ['another scheme', { authorization: 'Basic a2lzdW11Og==' }],
])('%s is found out', async (_, other) => {
  const box = await keeper()
  const file = fileOf('a'.repeat(1000))
  const headers = await headersFor(box, file)
  expect(await sentAs(box, { ...headers, ...other }, readFileSync(file.path))).toBe(403)
  expect(box.filesOf('kisumu')).toEqual([])
})

test('a line that is cut in the middle leaves nothing, and does not hold up the next', async () => {
  const box = await keeper()
  const file = fileOf(Buffer.alloc(3_000_000, 1))
  const headers = await headersFor(box, file)
  expect(await sentAs(box, headers, readFileSync(file.path), 1_500_000)).toBe('cut')
  await expect.poll(() => box.filesOf('kisumu')).toEqual([])
  await expect.poll(() => sentAs(box, headers, readFileSync(file.path))).toBe(200)
  expect(box.filesOf('kisumu')).toEqual(['a.backup', 'a.backup.sha256'])
})

test('while one is on its way to a shelf, no other is taken', async () => {
  const box = await keeper()
  const file = fileOf(Buffer.alloc(3_000_000, 1))
  const headers = await headersFor(box, file)
  const { port, hostname } = new URL(box.address)
  const path = '/shelf/backups/kisumu/a.backup'
  const slow = request({ port, hostname, path, method: 'PUT', headers, rejectUnauthorized: false, agent: false })
  slow.on('error', () => undefined)
  slow.write(readFileSync(file.path).subarray(0, 100_000))
  await expect.poll(() => box.filesOf('kisumu')).toEqual(['upload.part'])
  expect(await sentAs(box, headers, readFileSync(file.path))).toBe(409)
  slow.end(readFileSync(file.path).subarray(100_000))
  await expect.poll(() => box.filesOf('kisumu')).toEqual(['a.backup', 'a.backup.sha256'])
})

test('what was under way when the box stopped is gone when it starts', async () => {
  const { data, shelves, filesOf } = await keeper()
  mkdirSync(join(data, 'shelf/kisumu'), { recursive: true })
  for (const name of ['upload.part', 'a.backup', 'a.backup.sha256', 'b.backup.sha256'])
    writeFileSync(join(data, 'shelf/kisumu', name), 'x')
  await shelves.tidy()
  expect(filesOf('kisumu')).toEqual(['a.backup', 'a.backup.sha256'])
})

test('strangers are looked at no more after many tries, and fill no log', async () => {
  const { site, lend, store } = await keeper()
  const guessing = store({ ...lend('kisumu'), secretKey: 'a guess' })
  for (let n = 0; n < 60; n++) await expect(guessing.list(signal)).rejects.toThrow('SignatureDoesNotMatch')
  await expect(guessing.list(signal)).rejects.toThrow('503 (SlowDown)')
  expect(site.log.lines.filter(({ level }) => level === 40)).toHaveLength(2)
})

test('an ended shelf opens to nobody and keeps what it has; lent again it has it still, and it goes when that is asked', async () => {
  const { site, lend, store, filesOf } = await keeper()
  void site.jobs.run(new AbortController().signal)
  const there = store(lend('kisumu'))
  await there.put('a.backup', fileOf('x'), signal)
  expect(site.must(endShelf, { name: 'kisumu' })).toMatchObject({ kept: 1, bytesUsed: 1, removed: false })
  await expect(there.list(signal)).rejects.toThrow('refuses the key')
  await site.runJobs()
  expect(filesOf('kisumu')).toHaveLength(2)
  const again = store(lend('kisumu'))
  await expect.poll(() => site.query(listShelves, {})).toMatchObject([{ kept: 1, bytesUsed: 1 }])
  expect(await again.list(signal)).toEqual(['a.backup'])
  await expect(there.list(signal)).rejects.toThrow('refuses the key')
  site.must(endShelf, { name: 'kisumu', removeBackups: true })
  await expect.poll(() => filesOf('kisumu')).toEqual([])
})

test('the box is known by its authority, which outlives its certificate; nobody else is', async () => {
  const { lend, store, folder, server } = await keeper()
  const lent = lend('kisumu')
  expect(await store(lent).list(signal)).toEqual([])
  // A renewed certificate.
  rmSync(join(folder.tlsDir, 'server.pem'))
  const renewed = { now: Date.now, sure: true, random: seededRandom(8), hostName: 'renamed' }
  server.setTls(orThrow(await loadTls(folder, renewed)).web)
  expect(await store(lent).list(signal)).toEqual([])
  const wrong = store(lent, { pinSha256: 'ab'.repeat(32) })
  await expect(wrong.list(signal)).rejects.toThrow('another certificate')
  await expect(wrong.put('a.backup', fileOf(Buffer.alloc(3_000_000)), signal)).rejects.toThrow('another certificate')
  await expect(store(lent, { pinSha256: undefined }).list(signal)).rejects.toThrow('cannot be reached')
})

test.each(['a stranger', 'a router of its'] as const)(
  '%s who shows the authority of the box beside a certificate of their own is found out',
  async (who) => {
    const { lend, store } = await keeper(async ({ caCertPem, web }) => {
      const otherDir = join(work, 'other-tls')
      mkdirSync(otherDir)
      const deps = { now: Date.now, sure: true, random: seededRandom(9) }
      if (who === 'a stranger') {
        const other = orThrow(await loadTls({ tlsDir: otherDir }, { ...deps, hostName: 'pop-keeper' }))
        return { key: other.web.key, cert: `${other.serverCertPem}${caCertPem}` }
      }
      expect(web.cert).toContain(caCertPem.trim())
      const client = orThrow(await issueClient({ tlsDir: join(work, 'tls') }, 'router', otherDir, deps))
      return {
        key: readFileSync(client.keyFile, 'utf8'),
        cert: `${readFileSync(client.certFile, 'utf8')}${caCertPem}`,
      }
    })
    await expect(store(lend('kisumu')).list(signal)).rejects.toThrow('another certificate')
  },
)

test('as the wizard, `lango restore` and the schedule read what was told, they reach the shelf', async () => {
  const { site, lend, store, endpoint } = await keeper()
  const { name, accessKeyId, secretKey } = lend('kisumu')
  const own = store({ name, accessKeyId, secretKey })
  for (const day of ['26', '27']) await own.put(`lango-pop-202611${day}T020000Z.backup`, fileOf(day), signal)
  const typed = { place: 's3://backups/kisumu', endpoint, accessKeyId, secretKey }
  const at = storeOf(createStoreAt({ clock: site.clock, sticksDir: undefined }), storageSchema.parse(typed))
  const listed = await listStorage(at, typed.place, signal)
  expect(listed).toMatchObject({ value: [expect.stringContaining('1127'), expect.stringContaining('1126')] })
  const to = join(work, 'fetched')
  expect(await fetchBackup(at, 'lango-pop-20261127T020000Z.backup', to, signal)).toMatchObject({ ok: true })
  expect(readFileSync(to, 'utf8')).toBe('27')
  const other = { ...typed, endpoint: endpoint.replace(/[0-9a-f]{64}$/, 'ab'.repeat(32)) }
  expect(
    await listStorage(
      storeOf(createStoreAt({ clock: site.clock, sticksDir: undefined }), storageSchema.parse(other)),
      typed.place,
      signal,
    ),
  ).toMatchObject({ error: { type: 'StorageFailed', kind: 'certificate' } })
  for (const wrong of [endpoint.slice(0, -1), endpoint.replace('https', 'http')])
    expect(storageSchema.safeParse({ ...typed, endpoint: wrong }).success).toBe(false)
})

test('a box that has sent nothing for days is told of', async () => {
  const { site, lend, store } = await keeper()
  const look = (laterMs: number) => checkShelves(site.database.raw, site.clock.now() + laterMs)
  expect(look(0)).toEqual([])
  const lent = lend('kisumu')
  expect(look(0)).toMatchObject([{ state: 'ok' }])
  expect(look(4 * 86_400_000)).toMatchObject([
    { state: 'attention', sentence: expect.stringContaining('from: kisumu (4 d ago)') },
  ])
  await store(lent).put('a.backup', fileOf('x'), signal)
  const newestAt = site.query(listShelves, {})[0]!.newestAt!
  expect(checkShelves(site.database.raw, newestAt + 1)).toMatchObject([{ state: 'ok' }])
  expect(checkShelves(site.database.raw, newestAt + 4 * 86_400_000)).toMatchObject([{ state: 'attention' }])
})
