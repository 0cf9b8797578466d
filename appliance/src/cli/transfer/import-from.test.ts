import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testBox, type TestBox } from '../testing/box.ts'

let box: TestBox
let dump: string
beforeAll(() => {
  box = testBox()
  dump = join(box.dir, 'radius.sql')
  writeFileSync(
    dump,
    `INSERT INTO radcheck (username, attribute, op, value) VALUES ('amina','Cleartext-Password',':=','pw'),
('baraka','MD5-Password',':=','abc'),('chege','Cleartext-Password',':=','pw');
INSERT INTO radusergroup (username, groupname) VALUES ('amina','Old'),('baraka','Old'),('chege','Old');
INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES ('Old','Mikrotik-Rate-Limit',':=','2M/10M'),('Old','Filter-Id',':=','x');`,
  )
})
afterAll(() => box.remove())

test('a dry run shows both lists and what is lost, and makes nothing', async () => {
  const dry = await box.json('import', 'daloradius', dump, '--dry-run', '--new-passwords')
  expect(dry).toMatchObject({ dryRun: true, plans: { new: 1 }, subscribers: { new: 3 } })
  expect((dry as { lost: unknown }).lost).toEqual([
    { file: dump, line: 4, what: 'the attribute Filter-Id' },
    { file: dump, line: 2, what: 'a password that is kept as a hash (MD5-Password)' },
  ])
  expect(await box.json('plan', 'list')).toEqual([])
})

test('a hash is refused by its line, and neither list is written', async () => {
  const { code, err } = await box.lango('import', 'daloradius', dump)
  expect(code).toBe(1)
  expect(err).toMatch(/Not carried over[^]*kept as a hash \(MD5-Password\): .*radius\.sql:2/)
  expect(err).toMatch(/1 of 3 lines[^]*line 2: A password is needed/)
  expect(await box.json('plan', 'list')).toEqual([])
})

test('both lists are written: plans first, then who has them', async () => {
  const { code, out } = await box.lango('import', 'daloradius', dump, '--new-passwords')
  expect(code).toBe(0)
  expect(out).toMatch(/1 plans are added[^]*3 subscribers are added/)
  expect(await box.json('subscriber', 'show', 'baraka')).toMatchObject({
    kind: 'pppoe',
    plan: { name: 'Old', policy: { downKbps: 10_000, upKbps: 2000 } },
  })
  const again = await box.json('import', 'daloradius', dump, '--new-passwords', '--update')
  expect(again).toMatchObject({ plans: { rows: 0 }, subscribers: { new: 0, changed: 0, unchanged: 3 } })
})

test('a plan of this box takes the place of one of theirs', async () => {
  const other = testBox()
  await other.json('plan', 'add', 'Home=1', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1')
  await other.json('plan', 'add', 'Free', '--kind', 'pppoe', '--down-kbps', '1', '--up-kbps', '1')
  writeFileSync(
    join(other.dir, 'radcheck.csv'),
    'username,attribute,value\na,Cleartext-Password,p\nb,Cleartext-Password,p\n',
  )
  writeFileSync(join(other.dir, 'radusergroup.csv'), 'username,groupname\na,Old\n')
  const files = ['radcheck.csv', 'radusergroup.csv'].map((name) => join(other.dir, name))
  await other.json('import', 'daloradius', ...files, '--plan', '=Free', '--plan', 'Old=Free')
  expect(await other.json('subscriber', 'list')).toMatchObject([{ plan: 'Free' }, { plan: 'Free' }])
  expect(await other.json('plan', 'list')).toHaveLength(2)
  expect((await other.lango('import', 'mikhmon', files[0]!, '--plan', 'x')).err).toMatch(/--plan is OLD=NEW/)
  expect((await other.lango('import', 'phpnuxbill', files[0]!)).err).toMatch(/Nothing of PHPNuxBill/)
  other.remove()
})
