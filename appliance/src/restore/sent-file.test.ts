import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sentFile } from './sent-file.ts'

const boundary = 'lango-boundary'
const type = `multipart/form-data; boundary=${boundary}`
const form = (file: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="pop.backup"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])

const take = async (body: Uint8Array, contentType: string, pieceOctets = body.length) => {
  const pieces: Uint8Array[] = []
  let taken = 0
  const coming = (async function* () {
    for (; taken < body.length; taken += pieceOctets) yield body.subarray(taken, taken + pieceOctets)
  })()
  const sent = sentFile(coming, contentType)
  for (;;) {
    const next = await sent.next()
    if (next.done === true) return { file: Buffer.concat(pieces), isWhole: next.value, taken }
    pieces.push(next.value)
  }
}

test('a file comes out as it went in, however it is cut', async () => {
  const near = fc
    .constantFrom(`\r\n--${boundary.slice(0, 9)}`, '\r\n', '\r\n\r\n', `-${boundary}`, '\r')
    .map((text) => Buffer.from(text))
  const content = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets)),
        near,
      ),
      { maxLength: 6 },
    )
    .map((parts) => Buffer.concat(parts))
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 64 }), async (file, pieceOctets) => {
      const came = await take(form(file), type, pieceOctets)
      expect(came.isWhole).toBe(true)
      expect(came.file.equals(file)).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('a form that is cut anywhere before its end is not whole', async () => {
  const whole = form(Buffer.from('the backup'))
  const end = whole.length - '--\r\n'.length
  for (let length = 0; length < end; length++) {
    expect((await take(whole.subarray(0, length), type, 7)).isWhole, `cut at ${length}`).toBe(false)
  }
})

test.each([
  ['no form', Buffer.from('the backup'), 'application/octet-stream'],
  ['no boundary', form(Buffer.from('x')), 'multipart/form-data'],
  ['another boundary', form(Buffer.from('x')), 'multipart/form-data; boundary=other'],
  ['a head without end', Buffer.concat([Buffer.from(`--${boundary}\r\n`), Buffer.alloc(100_000, 65)]), type],
])('%s has no file, and is taken to its end', async (_, body, contentType) => {
  const came = await take(body, contentType, 1000)
  expect([came.isWhole, came.file.length]).toEqual([false, 0])
  expect(came.taken).toBeGreaterThanOrEqual(body.length)
})
