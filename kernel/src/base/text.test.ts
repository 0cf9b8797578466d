import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  durationText,
  parseDurationMs,
  parseRateKbps,
  parseSizeBytes,
  parseSpeed,
  rateText,
  sizeText,
  speedText,
} from './text.ts'

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

test.each([
  ['10M/5M', 10_000, 5000],
  ['10M', 10_000, 10_000],
  ['1.5 Mbps / 512k', 1500, 512],
  ['10 Mbit/s / 2 Mbit/s', 10_000, 2000],
  ['0/1M', 0, 1000],
])('%s is %d kbit/s down and %d up', (text, downKbps, upKbps) =>
  expect(parseSpeed(text)).toEqual({ ok: true, value: { downKbps, upKbps } }),
)

test.each(['', '/', '10M/', '/5M', '10M/5M/1M', 'fast', '-1/2'])('%j is no speed', (text) =>
  expect(parseSpeed(text)).toMatchObject({ ok: false, error: { type: 'QuantityUnreadable', expected: '10M/5M' } }),
)

test.each([
  [durationText(2_592_000), '30d'],
  [durationText(5400), '90m'],
  [durationText(61), '61s'],
  [durationText(0), '0s'],
  [sizeText(10_000_000_000), '10GB'],
  [sizeText(1_500_000_000), '1.5GB'],
  [sizeText(1_234_567_890), '1234567.89kB'],
  [sizeText(0), '0B'],
  [rateText(10_000), '10M'],
  [rateText(512), '512k'],
  [rateText(0), '0'],
  [speedText({ downKbps: 1_000_000, upKbps: 1500 }), '1G/1.5M'],
])('%s is how %s is written', (written, expected) => expect(written).toBe(expected))

test('what is written is read back to the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e13 }), fc.nat({ max: 4e8 }), (amount, kbps) => {
      const back = { seconds: parseDurationMs(durationText(kbps)), size: parseSizeBytes(sizeText(amount)) }
      expect(back).toEqual({ seconds: { ok: true, value: kbps * 1000 }, size: { ok: true, value: amount } })
      const speed = { downKbps: kbps, upKbps: amount % 1e6 }
      expect(parseSpeed(speedText(speed))).toEqual({ ok: true, value: speed })
    }),
  )
})
