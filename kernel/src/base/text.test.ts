import { expect, test } from 'vitest'
import { parseDurationMs, parseRateKbps, parseSizeBytes } from './text.ts'

test.each([
  ['30d', 2_592_000_000],
  ['12h', 43_200_000],
  ['90 min', 5_400_000],
  ['1.5h', 5_400_000],
  ['2W', 1_209_600_000],
  ['250ms', 250],
])('%s lasts %d ms', (text, ms) => expect(parseDurationMs(text)).toEqual({ ok: true, value: ms }))

test.each([
  ['500MB', 5e8],
  ['1.5 GB', 1.5e9],
  ['1024', 1024],
  ['2k', 2000],
])('%s is %d octets', (text, octets) => expect(parseSizeBytes(text)).toEqual({ ok: true, value: octets }))

test.each([
  ['10M', 10_000],
  ['512k', 512],
  ['256', 256],
  ['1.5 Gbps', 1_500_000],
  ['20 Mbit/s', 20_000],
])('%s is %d kbit/s', (text, kbps) => expect(parseRateKbps(text)).toEqual({ ok: true, value: kbps }))

test.each(['', '30', 'd', '-1d', '1e3s', '30 days', '1.2345h', 'toString', '999999999999999w', '1'.repeat(1000)])(
  '%s is no duration',
  (text) =>
    expect(parseDurationMs(text)).toMatchObject({ ok: false, error: { type: 'QuantityUnreadable', expected: '30d' } }),
)
