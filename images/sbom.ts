/** What is in an image: CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/), Debian's packages and those of the registry. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from './board.ts'
import type { Part } from './product.ts'
import { run } from './shell.ts'

type Component = {
  readonly type: 'library' | 'operating-system'
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses?: readonly unknown[]
}

/** Names of licences as the package's own copyright file has them (DEP-5); older files are prose, and name none. */
function debianLicenses(root: string, name: string): readonly string[] {
  try {
    const text = readFileSync(join(root, 'usr/share/doc', name, 'copyright'), 'utf8')
    if (!/^Format:.*copyright-format/m.test(text)) return []
    return [...new Set([...text.matchAll(/^License: *(\S.*)$/gm)].map((match) => match[1]!.trim()))].toSorted()
  } catch {
    return []
  }
}

/** Debian's packages of a root that still has its database. */
export function debianComponents(root: string): readonly Component[] {
  const listed = run('dpkg-query', [
    `--admindir=${join(root, 'var/lib/dpkg')}`,
    '-W',
    '-f',
    '${Package} ${Version} ${Architecture}\n',
  ])
  return listed
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string, string])
    .map(([name, version, arch]) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${arch}&distro=debian-12`,
      licenses: debianLicenses(root, name).map((license) => ({ license: { name: license } })),
    }))
}

export function sbomOf(
  board: Board,
  version: string,
  debian: readonly Component[],
  parts: readonly Part[],
  epochSec: number,
): string {
  const registry: readonly Component[] = parts.map((part) => ({
    type: 'library',
    name: part.name,
    version: part.version,
    purl: `pkg:npm/${part.name.replace('@', '%40')}@${part.version}`,
    licenses: [{ license: { name: part.license } }],
  }))
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      metadata: {
        timestamp: new Date(epochSec * 1000).toISOString(),
        component: { type: 'operating-system', name: `lango-${board.debianArch}`, version },
      },
      components: [...debian, ...registry],
    },
    undefined,
    1,
  )}\n`
}
