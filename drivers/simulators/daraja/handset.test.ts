import { afterEach, beforeEach, expect, test } from 'vitest'
import { orThrow } from '@lango/kernel'
import { createMpesa, type MpesaConfig } from '../../mpesa/index.ts'
import { amina, shillings, startIsp, type Isp } from './testing.ts'

const never = new AbortController().signal
let isp: Isp
const mpesaOf = (more: Partial<MpesaConfig> = {}) => createMpesa({ ...isp.config, ...more }, isp.dependencies)
beforeEach(async () => {
  isp = await startIsp()
})
afterEach(() => isp.close())

const page = async (phone = '0712 345 678') =>
  (await fetch(`${isp.simulator.handset}?${new URLSearchParams({ phone }).toString()}`)).text()
const post = async (path: string, form: Record<string, string>) => {
  const answer = await fetch(`${isp.simulator.server}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  return answer.text()
}
const prompt = async (reference = 'INV-1') => {
  const request = { phone: amina, amount: shillings(50), reference, description: '', callbackUrl: undefined }
  const { ref } = orThrow(await mpesaOf().prompt(request, never))
  return ref
}
const stateOf = async (ref: string) => orThrow(await mpesaOf().promptState(ref, never))

test.each([
  ['approve', { state: 'paid' }, 'KSh 299,950'],
  ['cancel', { failure: 'cancelled' }, 'KSh 300,000'],
  ['wrong-pin', { failure: 'wrong-pin' }, 'KSh 300,000'],
  ['ignore', { state: 'pending' }, 'KSh 300,000'],
])('%s: the button does it, and the prompt is gone from the handset', async (decision, state, balance) => {
  const ref = await prompt()
  expect(await page()).toContain(ref)
  const after = await post('/handset/decide', { ref, decision })
  expect(after).toContain(balance)
  expect(after).not.toContain(ref)
  expect(await stateOf(ref)).toMatchObject(state)
  isp.clock.advance(60_000)
  expect(await stateOf(ref)).toMatchObject(decision === 'ignore' ? { failure: 'timeout' } : state)
})

test('it says that it is simulated, on each page and in the line for the terminal', async () => {
  for (const text of [await page(), await page('0799999999'), await (await fetch(isp.simulator.handset)).text()])
    expect(text).toContain('Simulated.</strong> No money moves')
  expect(isp.simulator.readyLine).toMatch(/^Simulated M-Pesa, no money moves: .*\/handset$/)
})

test('a payment without a prompt is made on it', async () => {
  const form = { phone: amina, shortcode: '5550001', account: '', amount: '80' }
  expect(await post('/handset/pay', form)).toMatch(/Paid: receipt S[A-Z0-9]{9}\./)
  expect(isp.simulator.balanceOf('600997')).toBe(80)
  expect(await post('/handset/pay', { ...form, amount: '-5' })).toContain('Not paid')
})

test('a number that is new has a handset where the simulator makes customers, and what is no number has none', async () => {
  const open = await startIsp({ newCustomerShillings: 500 })
  const shown = async (phone: string) => (await fetch(`${open.simulator.handset}?phone=${phone}`)).text()
  expect(await shown('799999999')).toContain('Customer 999')
  expect(open.simulator.balanceOf('254799999999')).toBe(500)
  expect(await shown('12')).toContain('Nobody has')
  await open.close()
})

test('what is asked for is shown as text', async () => {
  await prompt('<b>"x"</b>')
  const shown = await page()
  expect(shown).toContain('account &lt;b&gt;&quot;x&quot;&lt;/b&gt;')
  expect(shown).not.toContain('<b>')
  expect(await page('<script>')).not.toContain('<script>')
})

test('a PIN that is wrong three times is locked, and the right one does not help', async () => {
  const codes: unknown[] = []
  for (const pin of ['0', '1', '2', undefined]) {
    const ref = await prompt()
    isp.simulator.enterPin(amina, pin)
    codes.push(((await stateOf(ref)) as { code?: string }).code)
  }
  expect(codes).toEqual(['2001', '2001', '8006', '8006'])
})

test('from one seed everything is called the same', async () => {
  const other = await startIsp()
  try {
    const receipts = await Promise.all(
      [isp, other].map(({ simulator }) =>
        simulator.pay({ msisdn: amina, shortcode: '600984', amount: 5, account: '' }),
      ),
    )
    expect(receipts[0]).toEqual(receipts[1])
  } finally {
    await other.close()
  }
})

test('another process steers it by JSON', async () => {
  const control = async (body: object) => {
    const init = { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${isp.simulator.server}/simulator`, init)
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  await control({ do: 'script', with: ['cancel'] })
  expect(await stateOf(await prompt())).toMatchObject({ failure: 'cancelled' })
  const payment = { msisdn: amina, shortcode: '600984', amount: 5, account: 'x' }
  expect(await control({ do: 'pay', with: [payment] })).toMatchObject({ status: 200, body: { paid: true } })
  await control({ do: 'fail', with: ['spike-arrest'] })
  expect(await mpesaOf().promptState('x', never)).toMatchObject({ error: { type: 'ProviderBusy' } })
  expect(await control({ do: 'rob', with: [] })).toMatchObject({ status: 400 })
  expect(await control({ do: 'pay', with: [] })).toMatchObject({ status: 500 })
})

test('nothing waits any more once it is closed', async () => {
  const other = await startIsp()
  const request = { phone: amina, amount: shillings(5), reference: 'r', description: '', callbackUrl: undefined }
  orThrow(await createMpesa(other.config, other.dependencies).prompt(request, never))
  expect(other.clock.pending()).toBe(1)
  await other.close()
  expect(other.clock.pending()).toBe(0)
})
