import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { orThrow, secret, systemRandom, systemTimers } from '@lango/kernel'
import { createRouterosClient } from '@lango/drivers/routeros'

let child: ChildProcess | undefined
afterEach(() => void child?.kill())

test('the simulated router runs as a process of its own, and goes wrong when it is told to', async () => {
  const hook = ['--import', './tools/tsx-hook.mjs', 'drivers/simulators/routeros/main.ts']
  child = spawn(process.execPath, [...hook, '--user', 'u', '--password', 'p'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  const ports = JSON.parse(line) as Record<string, number>
  const client = createRouterosClient({
    way: 'api',
    host: '127.0.0.1',
    port: ports['api']!,
    login: { user: 'u', password: secret('p') },
    clock: { monotonicMs: () => performance.now() },
    timers: systemTimers(),
    random: systemRandom(),
  })
  expect(orThrow(await client.probe())).toMatchObject({ boardName: 'hEX', reboots: 0 })
  // Its orders are taken one after another, and asking it needs a turn as well: it may be asked before it has heard.
  child.stdin!.write('trap\n')
  let answer = await client.perform({ kind: 'print', menu: '/radius' })
  while (answer.ok) answer = await client.perform({ kind: 'print', menu: '/radius' })
  expect(answer.error).toEqual({ type: 'Refused', category: 4, message: 'failure: simulated' })
  client.close()
  child.stdin!.end()
  expect(await once(child, 'exit')).toEqual([0, null])
})
