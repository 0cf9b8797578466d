import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupStore } from '@lango/modules/backups/port'
import { createFolderStore, createStickStore } from '../folder-store/index.ts'
import { startS3Simulator, type S3Fault, type S3Simulator } from '../simulators/s3.ts'
import { createS3Store, type S3Options } from './index.ts'
import { EMPTY_HASH, signed } from './signature.ts'

const key = { accessKeyId: 'AKIDEXAMPLE', secretKey: 'a+secret/key', region: 'eu-west-1' }
const signal = new AbortController().signal
let work: string
let storage: S3Simulator
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'lango-s3-'))
  storage = await startS3Simulator({ ...key, bucket: 'backups', pageSize: 2 })
  mkdirSync(join(work, 'usb/sda1'), { recursive: true })
})
afterAll(async () => {
  await storage.close()
  rmSync(work, { recursive: true })
})

const fileOf = (name: string, content: string) => {
  const path = join(work, name)
  writeFileSync(path, content)
  return { path, bytes: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') }
}
const store = (more: Partial<S3Options> = {}): BackupStore =>
  createS3Store({
    ...key,
    bucket: 'backups',
    prefix: 'pop one/ä',
    endpoint: storage.endpoint,
    now: () => Date.UTC(2026, 10, 26),
    ...more,
  })

test('a request is signed as the example of the specification is', () => {
  // Amazon S3, "Authenticating Requests: Using the Authorization Header", example GET Object.
  const headers = signed(
    {
      method: 'GET',
      host: 'examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      query: {},
      headers: { range: 'bytes=0-9' },
      bodyHash: EMPTY_HASH,
      at: Date.UTC(2013, 4, 24),
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', region: 'us-east-1' },
  )
  expect(headers['authorization']).toMatch(
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  )
})

describe.each([
  ['S3', () => store()],
  ['a folder', () => createFolderStore(join(work, 'there'))],
  ['a stick', () => createStickStore(join(work, 'usb'))],
])('in %s', (name, open) => {
  test('what was put is verified, listed, brought back and removed', async () => {
    const there = open()
    const files = ['a', 'b', 'c'].map(
      (one) => [`${one}.backup`, fileOf(`${one}-${name}`, one.repeat(100_000))] as const,
    )
    for (const [as, file] of files) {
      await there.put(as, file, signal)
      await there.verify(as, file, signal)
    }
    expect([...(await there.list(signal))].toSorted()).toEqual(['a.backup', 'b.backup', 'c.backup'])
    const back = join(work, `back-${name}`)
    await there.get('b.backup', back, signal)
    expect(readFileSync(back, 'utf8')).toBe('b'.repeat(100_000))
    await expect(there.get('b.backup', back, signal)).rejects.toThrow(/EEXIST|exist/)
    await there.remove('a.backup', signal)
    expect([...(await there.list(signal))].toSorted()).toEqual(['b.backup', 'c.backup'])
  })

  test('what is there and is not what was put is found out', async () => {
    const there = open()
    const file = fileOf('x', 'one')
    await there.put('x.backup', file, signal)
    await expect(there.verify('x.backup', fileOf('y', 'two'), signal)).rejects.toThrow(/not what was/)
    await there.remove('x.backup', signal)
    await expect(there.verify('x.backup', file, signal)).rejects.toThrow(/cannot be used|no such/)
  })
})

test.each<[S3Fault, RegExp, Partial<S3Options>]>([
  ['403', /refuses the key \(AccessDenied\)/, {}],
  ['500', /answered 500 \(InternalError\)/, {}],
  ['cut', /cannot be reached/, {}],
  ['silent', /silent for 50 ms/, { silenceMs: 50 }],
])('storage that goes wrong (%s) is told in words', async (fault, says, more) => {
  const file = fileOf('f', 'x')
  storage.fail(fault)
  await expect(store(more).put('f.backup', file, signal)).rejects.toThrow(says)
  expect(storage.objects.has('pop one/ä/f.backup')).toBe(false)
})

test.each<[Partial<S3Options>, RegExp]>([
  [{ region: 'us-east-1' }, /in the region eu-west-1, not us-east-1/],
  [{ secretKey: 'other' }, /refuses the key \(SignatureDoesNotMatch\)/],
  [{ accessKeyId: 'other' }, /refuses the key/],
  [{ bucket: 'another' }, /no such bucket/],
  [{ endpoint: 'http://127.0.0.1:1' }, /ECONNREFUSED/],
])('a setting that is wrong is told in words: %j', async (more, says) => {
  await expect(store(more).put('f.backup', fileOf('f', 'x'), signal)).rejects.toThrow(says)
})

test('what storage says it has kept, and has not, is found out', async () => {
  const file = fileOf('f', 'x')
  storage.fail('lost')
  await store().put('f.backup', file, signal)
  await expect(store().verify('f.backup', file, signal)).rejects.toThrow(/no such/)
})

test('what a pulled stick left of an earlier backup goes, that of another box stays', async () => {
  const folder = join(work, 'pulled')
  mkdirSync(folder)
  const parts = ['lango-pop-20261126T020000Z.backup.part', 'lango-pop-2-20261126T020000Z.backup.part', 'notes.part']
  for (const part of parts) writeFileSync(join(folder, part), 'half')
  const name = 'lango-pop-20261127T020000Z.backup'
  await createFolderStore(folder).put(name, fileOf('f', 'x'), signal)
  expect(readdirSync(folder).toSorted()).toEqual([parts[1], name, 'notes.part'])
})

test('without a stick it says so, and writes nowhere', async () => {
  const empty = join(work, 'no-usb')
  mkdirSync(empty)
  const put = (sticksDir: string | undefined) => createStickStore(sticksDir).put('f.backup', fileOf('f', 'x'), signal)
  await expect(put(empty)).rejects.toThrow('no stick for backups is plugged in')
  await expect(put(join(work, 'absent'))).rejects.toThrow('no stick for backups is plugged in')
  await expect(put(undefined)).rejects.toThrow('mounts no sticks')
  expect(readdirSync(empty)).toEqual([])
})

test('it stops when it is told to', async () => {
  const stop = new AbortController()
  storage.fail('silent')
  const put = store().put('f.backup', fileOf('f', 'x'), stop.signal)
  stop.abort()
  await expect(put).rejects.toThrow(/cannot be reached/)
  expect(await stillOpen('f')).toBe(false)
})

/** Whether this process has a file of ours open still. */
const stillOpen = async (name: string): Promise<boolean> => {
  const targetOf = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // Closed since it was listed.
      return ''
    }
  }
  const isOpen = (): boolean => readdirSync('/proc/self/fd').some((fd) => targetOf(fd).startsWith(join(work, name)))
  // What was asked of the disk before these is answered before them.
  for (let turn = 0; turn < 50; turn++) await stat(work)
  return isOpen()
}

test('a put that is broken off, and whose file is gone at once, ends with its own fault and no other', async () => {
  const file = fileOf('gone.backup', 'x'.repeat(100))
  const put = store().put('gone.backup', file, AbortSignal.abort())
  rmSync(file.path)
  await expect(put).rejects.toThrow(/cannot be reached/)
  // What fails unheard fails a little later, and then ends the process.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(await stillOpen('gone.backup')).toBe(false)
})

test('a folder that cannot be made fails at once', async () => {
  const file = fileOf('lost', 'x')
  await expect(createFolderStore('/proc/nowhere/kept').put('a.backup', file, signal)).rejects.toThrow(
    '/proc/nowhere/kept cannot be used (ENOENT)',
  )
})
