import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox } from './box.ts'

type Answer = { readonly status: number; readonly body: { value?: unknown; sentence?: string; paths?: object } }

describe('the interface for programs', () => {
  const box = newBox()
  const ask = async (path: string, token: string | undefined, body?: unknown): Promise<Answer> => {
    const answer = await fetch(`http://127.0.0.1:${box.ports.web}/api/${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })
    return { status: answer.status, body: (await answer.json()) as Answer['body'] }
  }
  const tokenOf = (role: string) => box.json<{ id: string; token: string }>('token', 'create', '--role', role)

  beforeAll(() => box.start())
  afterAll(() => box.remove())

  test('a token from the command line opens what its role may, over the web, until it is revoked', async () => {
    const technician = await tokenOf('technician')
    const viewer = await tokenOf('viewer')
    const plan = { name: 'Day', kind: 'hotspot', policy: { downKbps: 5000, upKbps: 1000 }, validitySec: 86_400 }
    expect(await ask('commands/plans.add', technician.token, plan)).toMatchObject({ status: 200 })
    expect(await ask('commands/plans.add', viewer.token, { ...plan, name: 'Other' })).toMatchObject({
      status: 403,
      body: { sentence: 'You may not do this: it needs the permission plans.write.' },
    })
    expect(await ask('queries/plans.list', viewer.token, {})).toMatchObject({
      status: 200,
      body: { value: [{ name: 'Day' }] },
    })
    await box.json('token', 'revoke', viewer.id)
    expect(await ask('queries/plans.list', viewer.token, {})).toMatchObject({ status: 401 })
    expect(box.output()).not.toContain(technician.token)
  })

  test('a cashier’s program sells vouchers and reads their codes, and no role may have what is the box’s own', async () => {
    const { token: owner } = await tokenOf('owner')
    const opened = await ask('commands/vouchers.openBatch', owner, { plan: 'Day', count: 2 })
    expect(opened.status).toBe(200)
    const made = await ask('commands/vouchers.make', owner, { batch: 1 })
    const { token: cashier } = await tokenOf('cashier')
    const revealed = await ask('commands/vouchers.reveal', cashier, { batch: 1 })
    const { codes } = made.body.value as { codes: string[] }
    const { vouchers } = revealed.body.value as { vouchers: { code: string }[] }
    expect(vouchers.map(({ code }) => code)).toEqual(codes)
    expect(await ask('commands/grants.firstUse', owner, {})).toMatchObject({ status: 404 })
  })

  test('/api/openapi.json describes it', async () => {
    const { status, body } = await ask('openapi.json', undefined)
    expect(status).toBe(200)
    expect(Object.keys(body.paths!)).toEqual(expect.arrayContaining(['/commands/vouchers.make', '/queries/plans.list']))
  })
})
