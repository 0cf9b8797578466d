import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMultipart } from './multipart.ts'

const sent = async (parts: readonly (readonly [string, string, Uint8Array | string])[]) => {
  const form = new FormData()
  for (const [name, fileName, value] of parts)
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new File([Uint8Array.from(value)], fileName))
  const request = new Response(form)
  return { type: request.headers.get('content-type')!, body: new Uint8Array(await request.arrayBuffer()) }
}

test('what a form sends is read as it was, octet for octet', async () => {
  const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[\r\n\0\u{d800}-\u{dfff}%]/u.test(text))
  const octets = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(Buffer.from('a\r\n--b\r\n\r\n')))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, name, octets), { maxLength: 5 }), async (parts) => {
      const { type, body } = await sent(parts)
      const read = readMultipart(body, type).map((part) => [part.name, part.fileName, [...part.octets]])
      expect(read).toEqual(parts.map(([one, file, value]) => [one, file, [...value]]))
    }),
    { numRuns: 60, seed: 3 },
  )
})

test('a field is no file; what is cut short, or no form, has no parts', async () => {
  const { type, body } = await sent([
    ['kind', '', 'subscribers'],
    ['file', 'a.csv', Buffer.from('login,plan\n')],
  ])
  expect(readMultipart(body, type)[0]).toMatchObject({ name: 'kind', fileName: undefined })
  for (const cut of [0, 10, 60, body.length - 60])
    expect(readMultipart(body.subarray(0, cut), type).length).toBeLessThan(2)
  expect(readMultipart(body, 'text/plain')).toEqual([])
  expect(readMultipart(Buffer.from('nothing of the kind'), type)).toEqual([])
})
