import { memorySite } from '@lango/kernel/testing'
import { expect, test } from 'vitest'
import { addRouter, listControls, network, removeControl, removeRouter, revealControl, setControl } from './index.ts'

const site = () => {
  const made = memorySite([network])
  made.must(addRouter, { name: 'tower', address: '10.0.0.1', secret: 'a-shared-secret' })
  made.must(addRouter, { name: 'mast', address: '10.1.0.0/24', secret: 'a-shared-secret' })
  const fault = (input: Partial<Parameters<typeof made.dispatch<typeof setControl>>[1]>) => {
    const done = made.dispatch(setControl, { name: 'tower', ...input })
    return done.ok ? undefined : done.error
  }
  return { ...made, fault }
}
const fibre = { network: '10.40.0.0/16', interface: 'bridge-ipoe' }

test('a router is logged in to by TLS, as lango, with a password that nobody has to think of', () => {
  const { must, query } = site()
  must(setControl, { name: 'tower', networks: [fibre] })
  expect(query(listControls, {})).toMatchObject([
    { way: 'api-tls', host: null, port: 8729, user: 'lango', certificateSha256: null, networks: [fibre] },
  ])
  expect(must(revealControl, { name: 'tower' }).password).toMatch(/^[\w-]{24}$/)
})

test('what is not given stays, and another way brings its own port', () => {
  const { must, query } = site()
  must(setControl, {
    name: 'tower',
    user: 'api',
    password: 'of-mine',
    networks: [fibre],
    certificateSha256: 'AA:'.repeat(31) + 'AA',
  })
  must(setControl, { name: 'tower', port: 9000 })
  const before = { port: 9000, user: 'api', certificateSha256: 'aa'.repeat(32), networks: [fibre] }
  expect(query(listControls, {})).toMatchObject([before])
  must(setControl, { name: 'tower', way: 'rest' })
  expect(query(listControls, {})).toMatchObject([{ ...before, way: 'rest', port: 443 }])
  expect(must(revealControl, { name: 'tower' }).password).toBe('of-mine')
  must(setControl, { name: 'tower', drawsPassword: true, way: 'api' })
  expect(must(revealControl, { name: 'tower' }).password).not.toBe('of-mine')
  // Without TLS there is no certificate to show.
  expect(query(listControls, {})).toMatchObject([{ port: 8728, certificateSha256: null }])
})

test('a range has no address of its own to log in to', () => {
  const { must, fault } = site()
  expect(fault({ name: 'mast' })).toMatchObject({ type: 'ControlHostMissing' })
  must(setControl, { name: 'mast', host: '10.1.0.7' })
})

test('two networks share no address, at one router or at two', () => {
  const { must, fault, query } = site()
  must(setControl, { name: 'tower', networks: [fibre] })
  const inside = { network: '10.40.3.0/24', interface: 'ether2' }
  expect(fault({ networks: [fibre, inside] })).toMatchObject({ type: 'NetworkTwice', network: '10.40.3.0/24' })
  expect(fault({ name: 'mast', host: '10.1.0.7', networks: [inside] })).toMatchObject({
    type: 'NetworkTaken',
    other: '10.40.0.0/16',
    router: 'tower',
  })
  expect(fault({ networks: [{ ...fibre, network: '10.40.0.1/16' }] })).toMatchObject({ type: 'NetworkInvalid' })
  expect(fault({ networks: [{ ...fibre, network: '2001:db8::/48' }] })).toMatchObject({ type: 'NetworkInvalid' })
  expect(fault({ networks: [{ ...fibre, interface: 'ether2"; /system reboot' }] })).toMatchObject({
    type: 'InputInvalid',
  })
  expect(query(listControls, {})).toHaveLength(1)
})

test.each(['aa', 'zz'.repeat(32), `${'aa'.repeat(32)}b`])("'%s' is no fingerprint", (certificateSha256) => {
  expect(site().fault({ certificateSha256 })).toMatchObject({ type: 'InputInvalid' })
})

test('with its router the control goes; by itself too', () => {
  const { must, query, dispatch } = site()
  must(setControl, { name: 'tower' })
  must(removeRouter, { name: 'tower' })
  expect(query(listControls, {})).toEqual([])
  expect(dispatch(removeControl, { name: 'mast' })).toMatchObject({ error: { type: 'ControlUnknown' } })
  must(setControl, { name: 'mast', host: '10.1.0.7' })
  must(removeControl, { name: 'mast' })
  expect(query(listControls, {})).toEqual([])
  expect(dispatch(revealControl, { name: 'nowhere' })).toMatchObject({ error: { type: 'RouterUnknown' } })
})

test('a password is nowhere in the clear: not in its row, the audit log or the result that is kept', () => {
  const { must, dispatch, database } = site()
  must(setControl, { name: 'tower', password: 'a-password-of-mine' })
  expect(dispatch(revealControl, { name: 'tower' }, { id: 'told' }).ok).toBe(true)
  const tables = database.raw
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'sqlite_sequence'")
    .all()
  const everything = tables.map(({ name }) => JSON.stringify(database.raw.prepare(`SELECT * FROM "${name}"`).all()))
  expect(everything.join()).not.toContain('a-password-of-mine')
  expect(everything.join()).not.toContain(Buffer.from('a-password-of-mine').toString('base64'))
})

test('the audit log says what changed', () => {
  const { must, database } = site()
  must(setControl, { name: 'tower', password: 'the-first' })
  must(setControl, { name: 'tower', port: 9000, password: 'the-second' })
  const record = database.raw
    .prepare("SELECT record FROM audit WHERE command = 'routers.setControl' ORDER BY rowid DESC LIMIT 1")
    .pluck()
    .get() as string
  expect(JSON.parse(record)).toMatchObject({ before: { port: 8729 }, after: { port: 9000, hasNewPassword: true } })
})
