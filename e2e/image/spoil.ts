/** What a release is made to be like before it is packed: `change` of a workshop's bundle. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const UNITS = 'usr/lib/systemd/system'

/** It is judged sooner than the four minutes a real machine gets. */
const judgedSoon = (root: string): void => {
  const folder = join(root, UNITS, 'lango-health.service.d')
  mkdirSync(folder)
  writeFileSync(join(folder, 'soon.conf'), '[Service]\nEnvironment=LANGO_HEALTH_WAIT_SEC=10\n')
}

const withUnit = (root: string, change: (unit: string) => string): void => {
  const file = join(root, UNITS, 'lango.service')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
}

/** The unit of a release that does not serve. */
export const neverServes = (root: string): void => {
  withUnit(root, (unit) => unit.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/false'))
  judgedSoon(root)
}

export const breaksDisk = (root: string): void => {
  writeFileSync(join(root, 'boot/initrd.img'), 'no RAM disk at all')
}

/** The file of the product that both texts stand in; as they were, `from` stands once. */
function edit(root: string, edits: readonly (readonly [from: RegExp, to: string])[]): void {
  const dist = join(root, 'opt/lango/appliance/dist')
  for (const [from, to] of edits) {
    const files = readdirSync(dist).filter(
      (name) => name.endsWith('.js') && from.test(readFileSync(join(dist, name), 'utf8')),
    )
    const [name] = files
    if (name === undefined || files.length > 1) throw new Error(`${from.source} stands in ${files.length} files`)
    writeFileSync(join(dist, name), readFileSync(join(dist, name), 'utf8').replace(from, to))
  }
}

/** How long the first try of a new schema's step takes, in which a test pulls the plug. */
const MIGRATION_SEC = 60

/**
 * A release of the next schema, which the one before may still read: each subscriber is rewritten, in a step that takes
 * its time when it runs first and leaves `step-began` in the data folder.
 */
export const nextSchema =
  (schema: number) =>
  (root: string): void => {
    const step = `{
      version: ${schema}, minReader: 1, up: (raw) => {
        raw.exec('ALTER TABLE services ADD COLUMN colour_${schema} TEXT');
        raw.exec("UPDATE services SET colour_${schema} = 'green'");
        const began = '/var/lib/lango/step-began';
        const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
        if (existsSync(began)) return;
        writeFileSync(began, '');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${MIGRATION_SEC * 1000});
      }
    },`
    edit(root, [
      [/^var SCHEMA = \d+;$/m, `var SCHEMA = ${schema};`],
      [/^var siteSteps = \[$/m, `var siteSteps = [${step}`],
    ])
  }

/** It migrates, serves, and then ends for good. */
export const dropsAfterMigration =
  (schema: number) =>
  (root: string): void => {
    nextSchema(schema)(root)
    const dropped = '/var/lib/lango/dropped'
    const serves = '/opt/lango/bin/lango health --data /var/lib/lango'
    const drop = [
      `ExecStartPre=/bin/sh -c '! test -e ${dropped}'`,
      `ExecStartPost=/bin/sh -c 'until ${serves}; do sleep 1; done; touch ${dropped}; exit 1'`,
      'TimeoutStartSec=10min',
    ]
    withUnit(root, (unit) => unit.replace(/^Restart=/m, `${drop.join('\n')}\nRestart=`))
    judgedSoon(root)
  }
