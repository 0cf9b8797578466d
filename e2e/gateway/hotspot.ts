/** A box, its gateway and two phones, and what the suites do with them again and again. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { newBox } from '../box.ts'
import { createLab, GARDEN_NAME, GATEWAY, INTERNET, type Agent, type HttpAnswer, type Lab } from './lab.ts'

export const secret = 'a-secret-of-the-gateway'
export const COA_PORT = 3799
export const portal = `http://${GATEWAY}:8081/`
export const portalApi = 'https://wifi.example/captive-portal/api'
/** Accounting is repeated after some seconds. */
export const soon = { timeout: 20_000 }
/** A port of the box that is no business of a guest. */
export const PRIVATE_PORT = 2222

export type Gateway = Awaited<ReturnType<Lab['gateway']>>
export type Shown = {
  acctSessionId: string
  userName: string
  device: string
  inputOctets: number
  outputOctets: number
  sessionTimeSec: number
}

export type Hotspot = Awaited<ReturnType<typeof createHotspot>>

export const createHotspot = async (options: { hasStaticIpv6?: boolean } = {}) => {
  const box = newBox()
  const lab = await createLab(options)
  const startBox = () => box.start({ under: lab.under })
  const online = (): Promise<Shown[]> => box.json('session', 'list')
  const devices = async (): Promise<string[]> => (await online()).map(({ device }) => device)
  const session = async (id: string): Promise<Shown> => (await box.json<Shown[]>('session', 'show', id))[0]!
  const plan = (name: string, ...more: string[]) => {
    const speeds = more.includes('--down-kbps') ? [] : ['--down-kbps', '50000', '--up-kbps', '50000']
    return box.json('plan', 'add', name, '--kind', 'hotspot', '--devices', '1', ...speeds, ...more)
  }
  const voucher = async (name: string): Promise<string> =>
    (await box.json<string[]>('voucher', 'issue', '--plan', name, '--count', '1'))[0]!
  const guest = async (login: string, endsAt: number): Promise<void> => {
    const file = join(lab.folder, `${login}.csv`)
    writeFileSync(file, `login,password,plan,expiresAt\n${login},${login},Day,${new Date(endsAt).toISOString()}\n`)
    await box.json('subscriber', 'import', file, '--yes')
  }
  const told = (answer: HttpAnswer): Record<string, string> =>
    Object.fromEntries(new URL(answer.headers!['location']!).searchParams)
  const login = async (phone: Agent, code: string, more = '') =>
    told(await phone.http(`http://${GATEWAY}/login?username=${code}&password=${code}${more}`))
  /** In, and known to the box: a device that has just gone may hold the place for a moment. */
  const enter = async (phone: Agent, code: string): Promise<Shown> => {
    await expect.poll(() => login(phone, code), soon).toMatchObject({ 'logged-in': 'yes' })
    await expect.poll(devices, soon).toHaveLength(1)
    return (await online())[0]!
  }
  const logout = async (phone: Agent): Promise<void> => {
    await phone.http(`http://${GATEWAY}/logout`)
    await expect.poll(devices, soon).toEqual([])
  }
  const page = (phone: Agent, host = INTERNET): Promise<HttpAnswer> => phone.http(`http://${host}/page`)
  const ended = (phone: Agent, flow: string) =>
    expect.poll(async () => (await phone.flowState(flow)).end, soon).toBeDefined()

  await startBox()
  const reached = ['--address', '127.0.0.1', '--secret', secret, '--coa-port', `${COA_PORT}`]
  await box.json('router', 'add', 'gateway', ...reached, '--vendor', 'chillispot')
  await plan('Day', '--valid', '1d')
  const secretFile = join(lab.folder, 'secret')
  writeFileSync(secretFile, `${secret}\n`)
  const radius = ['--auth-port', `${box.ports.auth}`, '--acct-port', `${box.ports.acct}`, '--coa-port', `${COA_PORT}`]
  const sides = ['--lan', 'br0', '--wan', 'wan0', '--address', `${GATEWAY}/16`, '--dns', INTERNET]
  const kept = ['--secret-file', secretFile, '--state-dir', join(lab.folder, 'state')]
  const args = [...sides, ...radius, ...kept, '--portal', portal, '--portal-api', portalApi, '--garden', GARDEN_NAME]
  await lab.phone2.ask('serve', { host: '::', page: 80 })
  await lab.portal.ask('serve', { host: GATEWAY, page: PRIVATE_PORT })
  const asked = { online, devices, session, told, page, ended }
  const done = { plan, voucher, guest, login, enter, logout, startBox }
  const remove = async (): Promise<void> => {
    await box.remove()
    lab.remove()
  }
  return { box, lab, args, ...asked, ...done, remove }
}
