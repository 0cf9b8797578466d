import { existsSync, readdirSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newBox, type Box } from './box.ts'

// Two boxes without any cloud: one keeps the backups of the other, dies while one comes, and gives them to a third.

const passphrase = 'mti hauendi ila kwa nyenzo'
/** A box looks every minute whether a backup is due, on a machine that others use too. */
const patienceMs = 180_000
/** Of each connection so much gets through while the relay holds: the head of an upload, and the beginning of its body. */
const heldAfterOctets = 24_000

type Lent = { line: string; endpoint: string; accessKeyId: string; secretKey: string }
type Shelf = { name: string; kept: number; bytesUsed: number; newestName: string | null }
type Run = { state: string; name: string; error: string | null }

/** Between two boxes: lets all through, or of each new connection only the beginning. */
const startRelay = async (to: () => { host: string; port: number }) => {
  let holds = false
  const server = createServer((from) => {
    const on = connect(to())
    let left = holds ? heldAfterOctets : Number.MAX_SAFE_INTEGER
    from.on('data', (piece: Buffer) => {
      on.write(piece.subarray(0, Math.max(0, left)))
      left -= piece.length
    })
    on.pipe(from)
    for (const [one, other] of [[from, on] as const, [on, from] as const]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    hold: (value: boolean) => void (holds = value),
    close: () => server.close(),
  }
}

describe('a shelf at a sibling', () => {
  const [sender, keeper, third] = [newBox(), newBox(), newBox()]
  let lent: Lent
  let relay: Awaited<ReturnType<typeof startRelay>>

  const keeperArgs = ['--web-listen', '0.0.0.0']
  const kept = (): readonly string[] => {
    const folder = join(keeper.data, 'shelf', 'kisumu')
    return existsSync(folder) ? readdirSync(folder).toSorted() : []
  }
  const shelf = async (): Promise<Shelf> => (await keeper.json<Shelf[]>('backup', 'shelf', 'list'))[0]!
  const lastRun = async (): Promise<Run | undefined> => (await sender.json<Run[]>('backup', 'runs'))[0]
  /** Runs what the keeper has printed, at the sender: a backup is made at once. */
  const runLine = async (line: string): Promise<void> => {
    const [program, ...words] = line.split(' ')
    expect(program).toBe('lango')
    const set = await sender.cli(...words, '--passphrase', passphrase)
    expect(set.code, set.stderr).toBe(0)
  }
  const lists = async (box: Box): Promise<unknown> =>
    Promise.all([box.json('plan', 'list'), box.json('subscriber', 'list')])

  beforeAll(async () => {
    await keeper.start({ args: keeperArgs })
    await sender.start()
    await sender.json('plan', 'add', 'Any', '--kind', 'pppoe', '--down-kbps', '1000', '--up-kbps', '1000')
    await sender.json('subscriber', 'add', 'amina', '--password', 'right', '--plan', 'Any')
    relay = await startRelay(() => ({ host: '127.0.0.1', port: keeper.ports.web }))
  }, patienceMs)
  afterAll(async () => {
    relay?.close()
    for (const box of [sender, keeper, third]) await box.remove()
  })

  test('whoever lends one is told the line for the other box; a box that nobody reaches lends none', async () => {
    const alone = await sender.cli('backup', 'shelf', 'add', 'nobody')
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining('--web-listen 0.0.0.0')])
    expect(await sender.json('backup', 'shelf', 'list')).toEqual([])
    lent = await keeper.json<Lent>('backup', 'shelf', 'add', 'kisumu', '--max-gb', '5')
    expect(lent.line).toMatch(/^lango backup schedule --every 24h --to s3:\/\/backups\/kisumu --endpoint https:\/\//)
    expect(lent.endpoint).toMatch(/\/shelf#sha256:[0-9a-f]{64}$/)
    const again = await keeper.cli('backup', 'shelf', 'add', 'kisumu')
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is called kisumu already')])
    expect((await keeper.cli('backup', 'shelf', 'list')).stdout).not.toContain(lent.secretKey)
  })

  test('the printed line is all that it takes', { timeout: 2 * patienceMs }, async () => {
    await runLine(lent.line)
    await expect.poll(async () => (await lastRun())?.state, { timeout: patienceMs, interval: 1000 }).toBe('done')
    const { name } = (await lastRun())!
    expect(kept()).toEqual([name, `${name}.sha256`])
    expect(await shelf()).toMatchObject({ name: 'kisumu', kept: 1, newestName: name })
  })

  test(
    'a keeper that is killed while a backup comes has kept what was whole, and nothing of that one; the next comes',
    { timeout: 3 * patienceMs },
    async () => {
      const before = kept()
      relay.hold(true)
      const { host } = new URL(lent.endpoint)
      await runLine(lent.line.replace(host, `127.0.0.1:${relay.port}`))
      await expect.poll(kept, { timeout: patienceMs }).toContain('upload.part')
      await keeper.kill()
      expect(kept()).toContain('upload.part')
      relay.hold(false)
      await expect.poll(async () => (await lastRun())?.state, { timeout: patienceMs, interval: 1000 }).toBe('failed')
      await keeper.start({ args: keeperArgs })
      expect(kept()).toEqual(before)
      expect(await shelf()).toMatchObject({ kept: 1 })
      await sender.json('subscriber', 'add', 'baraka', '--password', 'left', '--plan', 'Any')
      await runLine(lent.line)
      await expect.poll(async () => (await lastRun())?.state, { timeout: patienceMs, interval: 1000 }).toBe('done')
      expect(await shelf()).toMatchObject({ kept: 2, newestName: (await lastRun())!.name })
    },
  )

  test('a third box becomes the first from what its sibling has kept', { timeout: 2 * patienceMs }, async () => {
    const was = await lists(sender)
    await sender.kill()
    const { accessKeyId, secretKey, endpoint } = lent
    const from = ['restore', 's3://backups/kisumu', '--access-key-id', accessKeyId, '--passphrase', passphrase]
    const at = (address: string, key: string) => [...from, '--endpoint', address, '--secret-key', key]
    const other = endpoint.replace(/[0-9a-f]{64}$/, 'ab'.repeat(32))
    const elsewhere = await third.cli(...at(other, secretKey))
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('another certificate')])
    const guessed = await third.cli(...at(endpoint, 'a guess'))
    expect([guessed.code, guessed.stderr]).toEqual([1, expect.stringContaining('refuses the key')])
    const done = await third.cli(...at(endpoint, secretKey))
    expect(done.code, done.stderr).toBe(0)
    await third.start()
    expect(await lists(third)).toEqual(was)
    // It goes on where the first one was: its schedule, and the key to the shelf, came with it.
    expect(await third.json('backup', 'schedule')).toMatchObject({ place: 's3://backups/kisumu' })
    await third.kill()
  })

  test(
    'an ended shelf takes and gives nothing, and what was kept stays until that is to go too',
    { timeout: 2 * patienceMs },
    async () => {
      // What the third box had begun to send ends with it.
      await expect.poll(kept, { timeout: patienceMs }).not.toContain('upload.part')
      const files = kept()
      const ended = await keeper.cli('backup', 'shelf', 'remove', 'kisumu')
      expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining('stay in shelf/kisumu')])
      expect(kept()).toEqual(files)
      await keeper.json('backup', 'shelf', 'add', 'kisumu')
      const count = files.filter((file) => file.endsWith('.backup')).length
      await expect.poll(async () => (await shelf()).kept, { timeout: patienceMs }).toBe(count)
      await keeper.json('backup', 'shelf', 'remove', 'kisumu', '--with-backups')
      await expect.poll(kept, { timeout: patienceMs }).toEqual([])
    },
  )
})
