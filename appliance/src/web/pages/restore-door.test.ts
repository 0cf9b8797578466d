import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { orThrow, secret, seededRandom, systemRandom } from '@lango/kernel'
import { collectingLog } from '@lango/kernel/testing'
import { inviteStaff } from '@lango/modules/people'
import { backUp } from '../../backup/index.ts'
import { makeFolder } from '../../data-folder.ts'
import { startRestoring } from '../../restore/restoring.ts'
import { createSetupCode } from '../../setup/setup-code.ts'
import { openSite } from '../../site.ts'
import { webUnderTest } from '../testing/web-under-test.ts'

/** A thread starts in it, on a machine that others use too. */
const patienceMs = 60_000
const passphrase = 'mti hauendi ila kwa nyenzo'
const HERE = '/setup/restore'

const dir = mkdtempSync(join(tmpdir(), 'lango-restore-door-'))
const sticksDir = join(dir, 'usb')
const onStick = join('sda1', 'lango-backups', 'lango-pop-20261127T080000Z.backup')
beforeAll(async () => {
  const folder = orThrow(makeFolder(join(dir, 'old')))
  orThrow(openSite(folder, collectingLog())).close()
  mkdirSync(join(sticksDir, 'sda1', 'lango-backups'), { recursive: true })
  const file = join(sticksDir, onStick)
  const options = { folder, file, passphrase: secret(passphrase), now: Date.UTC(2026, 10, 27, 8), hostName: '<b>pop' }
  orThrow(await backUp({ ...options, random: seededRandom(1) }))
  writeFileSync(join(sticksDir, 'sda1', 'notes.txt'), 'call the tower')
  // What is no folder, where one is looked for.
  writeFileSync(join(sticksDir, 'readme'), '')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let boxes = 0
/** A new box, with a stick in it; `begun` counts how often it was to start as another. */
const newBox = () => {
  const folder = orThrow(makeFolder(join(dir, `new-${boxes++}`)))
  const told = { begun: 0 }
  const made = webUnderTest({
    siteMore: ({ clock, web: { credentials } }) => ({
      setupCode: createSetupCode({
        file: folder.setupCodeFile,
        anyone: credentials.anyone,
        random: systemRandom(),
        clock,
      }),
      restoring: startRestoring({
        folder,
        anyone: credentials.anyone,
        storeAt: () => {
          throw new Error('nobody asks a storage here')
        },
        sticksDir,
        log: collectingLog(),
        every: () => () => undefined,
        onBegun: () => (told.begun += 1),
      }),
    }),
  })
  const textOf = async (path = HERE) => (await made.visit(path)).text()
  return { ...made, folder, told, textOf }
}

/** Whoever holds the box's console. */
const atConsole = async () => {
  const box = newBox()
  await box.signIn()
  return box
}

/** A form with a file, as a browser sends it. */
const sendFile = ({ visit }: ReturnType<typeof newBox>, content: string) => {
  const body = new FormData()
  body.set('file', new Blob([content]), 'pop.backup')
  return visit(`${HERE}/file`, { method: 'POST', body, headers: { origin: 'http://localhost' } })
}

test('whoever has not shown the code reaches none of it, and nothing they send is kept', async () => {
  const box = newBox()
  for (const answer of [
    await box.visit(HERE),
    await box.send(`${HERE}/stick`, { name: onStick }),
    await box.send(`${HERE}/open`, { passphrase }),
    await box.send(`${HERE}/begin`, {}),
    await sendFile(box, 'x'.repeat(1000)),
  ])
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/setup'])
  expect(readdirSync(box.folder.dir).filter((name) => name.startsWith('restore'))).toEqual([])
})

test('once the box has an owner it answers to nobody, and what was brought is begun by nobody', async () => {
  const box = await atConsole()
  await box.send(`${HERE}/stick`, { name: onStick })
  box.site.must(inviteStaff, { login: 'wanjiru', name: 'Wanjiru', role: 'owner' })
  expect((await box.send(`${HERE}/open`, { passphrase })).headers.get('location')).toBe('/setup')
  expect((await box.send(`${HERE}/begin`, {})).headers.get('location')).toBe('/setup')
  const owner = box.signInAs('owner')
  expect((await owner.visit(HERE)).headers.get('location')).toBe('/setup')
  expect([box.told.begun, existsSync(join(box.folder.dir, 'restore-ready'))]).toEqual([0, false])
})

test(
  'from a stick: a wrong passphrase changes nothing, the right one leads to the question, and the answer is on disk',
  { timeout: 3 * patienceMs },
  async () => {
    const box = await atConsole()
    expect(await box.textOf('/first-run')).toContain('This box replaces another')
    const choose = await box.textOf()
    expect(choose).toContain(onStick)
    expect(choose).not.toContain('notes.txt')
    expect((await box.send(`${HERE}/begin`, {})).status).toBe(422)
    await box.send(`${HERE}/stick`, { name: onStick })
    expect(await box.textOf()).toContain('Open the backup')

    await box.send(`${HERE}/open`, { passphrase: 'a guess' })
    await expect.poll(() => box.textOf(), { timeout: patienceMs }).toContain('This is not the passphrase')
    expect((await box.send(`${HERE}/begin`, {})).status).toBe(422)
    await box.send(`${HERE}/open`, { passphrase })
    await expect.poll(() => box.textOf(), { timeout: patienceMs }).toContain('Become &lt;b>pop?')
    expect(existsSync(join(box.folder.dir, 'restore-ready'))).toBe(false)

    const begun = await box.send(`${HERE}/begin`, {})
    expect([begun.status, await begun.text()]).toEqual([200, expect.stringContaining('Pull the old box’s plug')])
    expect(existsSync(join(box.folder.dir, 'restore-ready', 'site.db'))).toBe(true)
    await expect.poll(() => box.told.begun).toBe(1)
    // Pressed twice, and given up too late.
    expect((await box.send(`${HERE}/begin`, {})).status).toBe(200)
    await box.send(`${HERE}/forget`, {})
    expect([box.told.begun, existsSync(join(box.folder.dir, 'restore-ready', 'site.db'))]).toEqual([1, true])
  },
)

test.each(['../old/keys.json', '/etc/passwd', 'sda1/notes.txt', '', '__proto__'])('%j is no stick', async (name) => {
  const box = await atConsole()
  const answer = await box.send(`${HERE}/stick`, { name })
  expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('This step is over')])
})

test(
  'a file that is none, or no backup, is told, and another one may be sent',
  { timeout: 2 * patienceMs },
  async () => {
    const box = await atConsole()
    const empty = await sendFile(box, '')
    expect([empty.status, await empty.text()]).toEqual([422, expect.stringContaining('No file came')])
    expect((await sendFile(box, 'x'.repeat(100_000))).headers.get('location')).toBe(HERE)
    await box.send(`${HERE}/open`, { passphrase })
    await expect.poll(() => box.textOf(), { timeout: patienceMs }).toContain('This is no backup of a Lango box')
    await box.send(`${HERE}/forget`, {})
    expect(readdirSync(box.folder.dir).filter((name) => name.startsWith('restore'))).toEqual([])
    expect(await box.textOf()).toContain('Send it to the box')
  },
)

test('what of a storage is wrong is told beside its field, and its secret is not shown again', async () => {
  const box = await atConsole()
  const typed = { place: 'ftp://somewhere', endpoint: 'nowhere', region: 'Kisumu!', accessKeyId: '', secretKey: 'hush' }
  const answer = await box.send(`${HERE}/storage`, typed)
  const text = await answer.text()
  expect(answer.status).toBe(422)
  for (const told of ['Write s3://bucket/prefix', 'Write an address such as', 'Small letters', 'The storage needs it'])
    expect(text).toContain(told)
  expect(text).toContain('ftp://somewhere')
  expect(text).not.toContain('hush')
})
