import { expect, test } from 'vitest'
import { UsageError, type Args } from './command.ts'
import { quotaPolicyOf } from './plan-quota.ts'

const policyOf = (options: Readonly<Record<string, string>>) => {
  const args: Pick<Args, 'text' | 'choice'> = {
    text: (name) => options[name],
    choice: (name, choices) => choices.find((one) => one === options[name]),
  }
  return quotaPolicyOf(args)
}

test('what people type is the policy that they mean', async () => {
  expect(await policyOf({})).toEqual({ ok: true, value: {} })
  const given = {
    'quota-period': 'month',
    rollover: '5GB',
    'fair-use': '100GB:5M/2M,200GB:1M/512k',
    window: 'mon-fri 22:00-06:00; daily 00:00-06:00 50M/10M; fri-mon,wed 10:00-11:00',
  }
  expect(await policyOf(given)).toEqual({
    ok: true,
    value: {
      quotaPeriod: 'month',
      rolloverOctets: 5e9,
      fairUse: [
        { afterOctets: 1e11, downKbps: 5000, upKbps: 2000 },
        { afterOctets: 2e11, downKbps: 1000, upKbps: 512 },
      ],
      windows: [
        { days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' },
        { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '06:00', downKbps: 50_000, upKbps: 10_000 },
        { days: [0, 1, 3, 5, 6], from: '10:00', to: '11:00' },
      ],
    },
  })
})

test.each([
  { window: 'mon-fri' },
  { window: 'monday 10:00-11:00' },
  { window: 'mon 10-11' },
  { window: 'mon 10:00-11:00 5M' },
  { 'fair-use': '10GB:5M' },
])('%j is told to be none', async (options) => {
  await expect(policyOf(options)).rejects.toThrow(UsageError)
})

test.each([{ 'fair-use': 'much:5M/2M' }, { 'fair-use': '10GB:quick/2M' }, { rollover: 'all' }])(
  '%j is no amount',
  async (options) => {
    expect(await policyOf(options)).toMatchObject({ ok: false, error: { type: 'QuantityUnreadable' } })
  },
)
