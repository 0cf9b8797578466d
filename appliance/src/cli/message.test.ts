import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from './testing/box.ts'

let box: TestBox
beforeAll(() => void (box = testBox()))
afterAll(() => box.remove())

const sms = (...more: string[]) => box.lango('message', 'sms', '--prefix', '+254', ...more)

test('SMS are sent by whichever provider is set up last, and what is set up is shown without its key', async () => {
  const account = `AC${'0'.repeat(32)}`
  for (const [options, shown] of [
    [['--username', 'isp', '--key', 'hunter2'], 'Africa’s Talking as isp'],
    [['--driver', 'twilio', '--account', account, '--sender', 'LANGO', '--key', 'hunter2'], `account ${account}`],
    [
      ['--driver', 'http', '--address', 'https://sms.example/send', '--body', 'to={digits}&m={text}', '--ok', 'OK'],
      'https://sms.example/send',
    ],
  ] as const) {
    expect((await sms(...options)).code).toBe(0)
    const { out } = await box.lango('message', 'show')
    expect(out).toContain(shown)
    expect(out).not.toContain('hunter2')
  }
})

test('what belongs to another provider is refused, and what is missing is said', async () => {
  expect((await sms('--driver', 'twilio', '--username', 'isp', '--key', 'k')).err).toContain('--username')
  expect((await sms('--key', 'k')).err).toContain('username of the account is needed')
  expect((await sms('--driver', 'http', '--address', 'http://sms.example', '--body', 'x={text}')).err).toContain(
    'https',
  )
})
