import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The files in a ZIP by name, as another program unpacks them. */
export const unzipped = (octets: ArrayBuffer): Readonly<Record<string, string>> => {
  const folder = mkdtempSync(join(tmpdir(), 'unzipped-'))
  try {
    const [file, into] = [join(folder, 'a.zip'), join(folder, 'files')]
    writeFileSync(file, Buffer.from(octets))
    // Python's own library checks the sums of what it reads.
    const script = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])'
    execFileSync('python3', ['-c', script, file, into])
    return Object.fromEntries(readdirSync(into).map((name) => [name, readFileSync(join(into, name), 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
