import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CsvReader, readCsv, RECORD_LENGTH_MAX, type CsvFault, type CsvRecord } from './csv.ts'

const read = async (...pieces: (string | Uint8Array)[]) => {
  const octets = (async function* () {
    for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
  })()
  const found: (CsvRecord | CsvFault)[] = []
  for await (const one of readCsv(octets)) found.push(one)
  return found
}
const fieldsOf = async (...pieces: string[]) =>
  (await read(...pieces)).map((one) => ('fields' in one ? one.fields : one))

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
const needsQuotes = (field: string) => /[",\r\n]/.test(field) || field === ''

test('what was written is read back, cut anywhere, with either end of line', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', '€', '"', ',', '\n', '\r', ' ', '😀'), maxLength: 6 })
  const row = fc.array(field, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n'),
      fc.nat(),
      async (rows, eol, cut) => {
        const text = rows
          .map((fields) => fields.map((one) => (needsQuotes(one) ? quoted(one) : one)).join(',') + eol)
          .join('')
        const octets = Buffer.from(text)
        const at = octets.length === 0 ? 0 : cut % octets.length
        const found = await read(octets.subarray(0, at), octets.subarray(at))
        expect(found.map((one) => ('fields' in one ? one.fields : one))).toEqual(rows)
      },
    ),
  )
})

test('records know their line, also behind line breaks in quotes', async () => {
  expect(await read('a,b\n"x\ny",2\n\nlast,3')).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 2, fields: ['x\ny', '2'] },
    { line: 5, fields: ['last', '3'] },
  ])
})

test('blank lines are no records, and a byte order mark is no text', async () => {
  expect(await fieldsOf('\ufefflogin\n\n\r\namina\n')).toEqual([['login'], ['amina']])
})

test('empty fields are kept', async () => {
  expect(await fieldsOf(',\n"",x,\n')).toEqual([
    ['', ''],
    ['', 'x', ''],
  ])
})

test.each([
  ['a quote inside a plain field', 'ok\na"b\n', { type: 'CsvQuote', line: 2 }],
  ['text behind a closing quote', '"a"b\n', { type: 'CsvQuote', line: 1 }],
  ['a quote that is never closed', 'ok\n"a\nb\n', { type: 'CsvQuote', line: 2 }],
])('%s is a fault of its line', async (_name, text, fault) => {
  expect((await read(text)).at(-1)).toEqual(fault)
})

test('octets that are no UTF-8 are a fault', async () => {
  expect((await read(Buffer.from('amina,pw\nb\n'), Uint8Array.of(0xff, 0x0a))).at(-1)).toMatchObject({
    type: 'CsvEncoding',
  })
  expect((await read(Uint8Array.of(0x61, 0xc3))).at(-1)).toMatchObject({ type: 'CsvEncoding' })
})

test.each(['x', ',', '""'])('a record is bounded, however its pieces come: %s', (filler) => {
  const reader = new CsvReader(() => undefined)
  let fault = reader.push(filler === ',' ? '' : '"')
  for (let i = 0; fault === undefined && i < RECORD_LENGTH_MAX; i++) fault = reader.push(filler.repeat(1000))
  expect(fault).toEqual({ type: 'CsvTooLong', line: 1, lengthMax: RECORD_LENGTH_MAX })
})
