import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox } from './box.ts'

type Got = { readonly headers: IncomingHttpHeaders; readonly body: string }
type Delivery = { state: string; event: string; attempts: number; error: string | null; httpStatus: number | null }

/** The code of docs/integrate.md. */
const isGenuine = (secret: string, headers: IncomingHttpHeaders, body: string): boolean => {
  const seconds = Number(headers['webhook-timestamp'])
  if (!(Math.abs(Date.now() / 1000 - seconds) < 300)) return false
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const wanted = createHmac('sha256', key)
    .update(`${String(headers['webhook-id'])}.${seconds}.${body}`)
    .digest()
  const signatures = String(headers['webhook-signature']).split(' ')
  return signatures.some((signature) => {
    const given = Buffer.from(signature.replace('v1,', ''), 'base64')
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  })
}

/** A receiver whose answer can be changed; `next` is the message that comes next. */
const receiver = async () => {
  const got: Got[] = []
  const waiting: ((message: Got) => void)[] = []
  const state = { status: 200 }
  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      response.writeHead(state.status).end('seen')
      got.push({ headers: request.headers, body })
      waiting.shift()?.(got.at(-1)!)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const next = () => new Promise<Got>((resolve) => waiting.push(resolve))
  return { url: `http://127.0.0.1:${port}/hook`, got, state, next, close: () => server.close() }
}

describe('webhooks', () => {
  const box = newBox()
  let hook: Awaited<ReturnType<typeof receiver>>
  let secret = ''
  // A new box has alarms of its own: no router, no backup.
  const only = ['--events', 'plan.added']
  const patience = { timeout: 20_000 }
  const development = { under: ['env', 'LANGO_DEV=1'] }
  const deliveries = (...more: string[]) => box.json<Delivery[]>('webhook', 'deliveries', ...more)

  beforeAll(async () => {
    hook = await receiver()
    await box.start(development)
  })
  afterAll(async () => {
    hook.close()
    await box.remove()
  })

  test('a message arrives, and its receiver can tell that it is genuine', async () => {
    const added = await box.json<{ number: number; secret: string }>('webhook', 'add', hook.url, ...only)
    secret = added.secret
    const arrived = hook.next()
    await box.json('webhook', 'test', String(added.number))
    const { headers, body } = await arrived
    expect(JSON.parse(body)).toMatchObject({ type: 'webhook.test' })
    expect(isGenuine(secret, headers, body)).toBe(true)
    expect(isGenuine(secret, headers, body.replace('test', 'best'))).toBe(false)
    expect(isGenuine(`whsec_${Buffer.alloc(32).toString('base64')}`, headers, body)).toBe(false)
    await expect
      .poll(() => deliveries(), patience)
      .toMatchObject([{ state: 'delivered', attempts: 1, httpStatus: 200 }])
  })

  test('what a killed box had committed and not delivered is delivered by the next, under the same id', async () => {
    hook.state.status = 503
    const refused = hook.next()
    await box.json('plan', 'add', 'Home', '--kind', 'pppoe', '--down-kbps', '5000', '--up-kbps', '1000')
    const first = await refused
    await box.kill()
    hook.state.status = 200
    const arrived = hook.next()
    await box.start(development)
    // However far the box had come, a try is due at once or within its first backoff.
    const again = await arrived
    expect(again.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(JSON.parse(again.body)).toMatchObject({ type: 'plan.added', data: { name: 'Home' } })
    await expect.poll(() => deliveries('--state', 'delivered'), patience).toMatchObject([{ event: 'plan.added' }, {}])
  })

  test('a box in production sends nothing to itself, and says so', async () => {
    await box.stop()
    await box.start()
    const before = hook.got.length
    await box.json('webhook', 'test', '1')
    await expect
      .poll(() => deliveries('--state', 'waiting'), patience)
      .toMatchObject([{ event: 'webhook.test', error: '127.0.0.1 is this machine or a neighbour by link' }])
    expect(hook.got).toHaveLength(before)
    expect(box.output()).not.toContain(secret)
  })

  test('it is off and on, and gone, by its number', async () => {
    expect((await box.cli('webhook', 'set', '1', '--status', 'off')).stdout).toContain('off')
    expect((await box.cli('webhook', 'test', '1')).stderr).toContain('switched off')
    expect((await box.cli('webhook', 'add', hook.url, '--events', 'nonsense')).code).toBe(1)
    expect((await box.cli('webhook', 'remove', '1')).code).toBe(0)
    expect((await box.cli('webhook', 'list')).stdout).toContain('Nobody is told')
    expect((await box.cli('webhook', 'deliveries')).stdout).toContain('removed')
    expect((await box.cli('webhook', 'retry', '--delivery', '1')).stderr).toContain('delivered')
  })
})
