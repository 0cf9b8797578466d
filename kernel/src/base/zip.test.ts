import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { zip } from './zip.ts'

test('another program finds the files in it, whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zip-'))
  try {
    const file = join(folder, 'a.zip')
    writeFileSync(
      file,
      zip([
        { name: 'sessions.csv', content: 'login\r\nÄmina\r\n'.repeat(1000) },
        { name: 'empty.txt', content: '' },
      ]),
    )
    // Python's own library checks the sums of what it reads.
    const script = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])'
    execFileSync('python3', ['-c', script, file, folder])
    expect(readFileSync(join(folder, 'sessions.csv'), 'utf8')).toBe('login\r\nÄmina\r\n'.repeat(1000))
    expect(readFileSync(join(folder, 'empty.txt'), 'utf8')).toBe('')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
