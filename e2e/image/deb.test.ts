import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBoard } from '../../images/board.ts'
import { makeDeb } from '../../images/deb.ts'
import { stageProduct } from '../../images/product.ts'
import { run } from '../../images/shell.ts'
import { runToEnd } from '../box.ts'
import { debianPart, workshopFolder } from './workshop.ts'

/** A Debian that has nothing of Lango, and gets the package. */
const board = readBoard('amd64')
const folder = workshopFolder()
const debian = join(folder, 'a-debian')
const box = ['runuser', '-u', 'lango', '--', 'env', 'NODE_COMPILE_CACHE=/tmp/compile', 'lango']

beforeAll(() => {
  const product = join(folder, 'product')
  stageProduct(board, product, join(folder, 'cache'))
  makeDeb(board, product, folder, '1.0.0', join(folder, 'lango.deb'), 1_790_000_000)
  run('rm', ['-rf', debian])
  run('cp', ['-a', debianPart(board, folder), debian])
  run('cp', [join(folder, 'lango.deb'), join(debian, 'tmp/lango.deb')])
  run('chroot', [debian, 'dpkg', '-i', '/tmp/lango.deb'])
  // What an installation has, and this folder has not.
  run('mount', ['--bind', '/dev', join(debian, 'dev')])
  run('mount', ['-t', 'proc', 'proc', join(debian, 'proc')])
})
afterAll(() => {
  for (const name of ['dev', 'proc']) run('umount', ['-l', join(debian, name)])
  run('rm', ['-rf', debian])
})

test('the package has a user, a unit and a launcher, and nothing that it was not asked for', async () => {
  expect(run('chroot', [debian, 'dpkg-query', '-W', '-f', '${Status} ${Version}', 'lango'])).toBe(
    'install ok installed 1.0.0',
  )
  expect(run('chroot', [debian, 'id', '-un', 'lango'])).toBe('lango\n')
  expect(
    run('chroot', [debian, 'systemd-analyze', 'verify', '--man=no', '/usr/lib/systemd/system/lango.service']),
  ).toBe('')
  expect(run('find', [join(debian, 'opt/lango'), '-name', '*.ts', '-o', '-name', '*.tsx'])).toBe('')
})

test('what it installs starts as that user, and serves', async () => {
  run('chroot', [debian, 'install', '-d', '-o', 'lango', '-m', '0700', '/var/lib/lango'])
  const ports = [
    '--auth-port',
    '0',
    '--acct-port',
    '0',
    '--radsec-port',
    '0',
    '--web-port',
    '0',
    '--listen',
    '127.0.0.1',
  ]
  const started = spawn('chroot', [debian, ...box, 'start', '--data', '/var/lib/lango', ...ports], { stdio: 'ignore' })
  const gone = new Promise((done) => started.once('close', done))
  try {
    const health = await runToEnd('chroot', [debian, ...box, 'health', '--data', '/var/lib/lango', '--wait', '50'])
    expect(health.stdout + health.stderr).not.toContain('FAILED')
    expect(health.code).toBe(0)
  } finally {
    run('chroot', [debian, 'pkill', '-u', 'lango', '-f', 'cli.js start --data /var/lib/lango'])
    await gone
  }
})
