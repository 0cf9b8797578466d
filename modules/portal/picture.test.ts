import { expect, test } from 'vitest'
import { readPicture } from './picture.ts'
import { fiveByThree, pngOf } from './testing/pictures.ts'

const whole = [pngOf(5, 3), ...Object.values(fiveByThree).map((text) => Buffer.from(text, 'base64'))]

test('a picture is what its octets say, with its size', () => {
  expect(whole.map((octets) => readPicture(octets))).toEqual(
    ['png', 'jpeg', 'webp', 'webp', 'webp'].map((type) => ({
      ok: true,
      value: { type: `image/${type}`, width: 5, height: 3 },
    })),
  )
})

test.each([
  ['a page', '<html><script>alert(1)</script></html>'],
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="3"/>'],
  ['a GIF', 'GIF89a\x05\0\x03\0\0\0\0;'],
  ['nothing', ''],
])('%s is none', (_, text) => {
  expect(readPicture(Buffer.from(text, 'latin1')).ok).toBe(false)
})

test('a picture that was cut off at any octet is none, and nothing is read beyond its end', () => {
  for (const octets of whole)
    for (let length = 0; length < octets.length; length++)
      expect(readPicture(octets.subarray(0, length)).ok).toBe(false)
})

test('behind a picture nothing else may stand', () => {
  for (const octets of whole) expect(readPicture(Buffer.concat([octets, Buffer.from('<script>')])).ok).toBe(false)
})

test('a picture without pixels is none', () => {
  const empty = pngOf(5, 3)
  empty.writeUInt32BE(0, 16)
  expect(readPicture(empty).ok).toBe(false)
})
