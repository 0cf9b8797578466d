import { expect, test } from 'vitest'
import { addPlan } from '@lango/modules/plans'
import { addRouter } from '@lango/modules/network'
import { addSubscriber, revealPasswords } from '@lango/modules/services'
import { webUnderTest } from '../testing/web-under-test.ts'

const PAGE = '/subscribers/flat-1'
const AT = `${PAGE}?said=`

const estate = () => {
  const made = webUnderTest()
  const { site } = made
  site.must(addPlan, { name: 'Flat', kind: '802.1x', policy: {} })
  for (const login of ['flat-1', 'flat-2']) site.must(addSubscriber, { login, password: `pw ${login}`, plan: 'Flat' })
  const told = (login = 'flat-1') => site.must(revealPasswords, { logins: [login] }).passphrases[0]?.passphrase
  return { ...made, told, tech: made.signInAs('technician') }
}
const text = async (answer: Response | Promise<Response>) =>
  /<main.*<\/main>/s.exec(await (await answer).text())?.[0] ?? ''

test('a Wi-Fi passphrase is made, shown once, also when the form is sent twice, and stands on no page after', async () => {
  const { tech, told } = estate()
  expect(await text(tech.visit(PAGE))).toContain('Make one')
  const form = { do: 'makeWifi', once: 'w'.repeat(22) }
  const shown = await text(tech.send(PAGE, form))
  const passphrase = /id="passphrase"[^>]*>([a-z-]{24})</.exec(shown)?.[1]
  expect(passphrase).toBeDefined()
  expect(told()).toBe(passphrase)
  expect(await text(tech.send(PAGE, form))).toContain(passphrase)
  expect(told()).toBe(passphrase)
  const page = await text(tech.visit(PAGE))
  expect(page).toContain('Make another')
  expect(page).not.toContain(passphrase)
  expect(await text(tech.send(PAGE, { do: 'makeWifi', once: 'x'.repeat(22) }))).not.toContain(passphrase)
  expect(told()).not.toBe(passphrase)
})

test('one is set, refused where it cannot be or is another’s, and taken away', async () => {
  const { tech, told } = estate()
  const set = (passphrase: string, page = PAGE) => tech.send(page, { do: 'setWifi', passphrase })
  expect(await text(set('short'))).toContain('Write 8 to 63 letters')
  expect((await set('the landlord says')).headers.get('location')).toBe(`${AT}wifiSet`)
  expect(await text(set('the landlord says', '/subscribers/flat-2'))).toContain('Another subscriber has this')
  expect([told(), told('flat-2')]).toEqual(['the landlord says', undefined])
  expect((await tech.send(PAGE, { do: 'removeWifi' })).headers.get('location')).toBe(`${AT}wifiRemoved`)
  expect(told()).toBeUndefined()
})

test('a device is bound by hand, to one subscriber', async () => {
  const { tech } = estate()
  const bind = (device: string, page = PAGE) => tech.send(page, { do: 'bindDevice', device })
  await tech.send(PAGE, { do: 'makeWifi', once: 'w'.repeat(22) })
  expect(await text(bind('a television'))).toContain('Write an address')
  expect((await bind('aa-bb-cc-dd-ee-01')).headers.get('location')).toBe(`${AT}bound`)
  expect(await text(tech.visit(PAGE))).toContain('AA:BB:CC:DD:EE:01')
  expect(await text(bind('AA:BB:CC:DD:EE:01', '/subscribers/flat-2'))).toContain('is bound to flat-1')
})

test('who may not change subscribers sees whether there is one, and changes nothing', async () => {
  const { signInAs, told } = estate()
  const viewer = signInAs('viewer')
  const page = await text(viewer.visit(PAGE))
  expect(page).toContain('Wi-Fi passphrase')
  expect(page).not.toContain('Make one')
  for (const form of [{ do: 'makeWifi' }, { do: 'setWifi', passphrase: 'long enough' }, { do: 'removeWifi' }])
    expect((await viewer.send(PAGE, form)).status).toBe(403)
  expect(told()).toBeUndefined()
})

test.each([
  ['generic', 'wpa_psk_radius=3'],
  ['cisco', 'mac-filtering LANGO'],
  ['aruba', 'opmode mpsk-aes'],
  ['ubiquiti', 'RADIUS MAC authentication'],
  ['mikrotik', 'radius-mac-authentication=yes'],
])('%s is told how it asks for passphrases, and others are told nothing', async (vendor, line) => {
  const { tech, site } = estate()
  site.must(addRouter, { name: 'ap', address: '10.0.0.1', secret: 'a-secret-of-the-ap', vendor })
  site.must(addRouter, { name: 'bras', address: '10.0.0.2', secret: 'a-secret-of-the-ap', vendor: 'juniper' })
  expect(await text(tech.visit('/routers/ap/script?service=passphrases'))).toContain(line)
  expect(await text(tech.visit('/routers/bras/script'))).not.toContain('Wi-Fi passphrases')
})
