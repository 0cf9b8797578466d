/** `lango test-auth` */
import { isIP } from 'node:net'
import type { Fault, Result } from '@lango/kernel'
import type { FoundDecision } from '../aaa/decision-search.ts'
import type { TestReply } from '../aaa/test-client.ts'
import { dataFolder } from '../data-folder.ts'
import type { BoxStatus } from '../doctor/index.ts'
import { refused, shown, UsageError, type CliContext, type CommandSpec, type Shown } from './command.ts'
import { decisionText } from './decisions.ts'
import { clean } from './format.ts'

const METHODS = ['pap', 'chap', 'mschapv2'] as const

/** Fronts hand their decisions on once a second or so. */
const DECISION_WITHIN_MS = 4000
const DECISION_LOOK_MS = 150

type Server = { readonly address: string; readonly port: number; readonly secret: string }

const testAuth: CommandSpec = {
  path: ['test-auth'],
  operands: ['LOGIN'],
  summary: 'log in without a router: a real packet to the box’s own port, and why it was answered so',
  options: {
    password: { value: 'P', help: 'the password to try (the one that is stored)', secret: true },
    method: { value: METHODS.join('|'), help: 'how to send it (pap)' },
    nas: { value: 'IP', help: 'what to say in NAS-IP-Address' },
    mac: { value: 'M', help: 'the device to say in Calling-Station-Id' },
    server: { value: 'IP:PORT', help: 'another RADIUS server than this box' },
    secret: { value: 'S', help: 'the secret shared with that server', secret: true },
  },
  notes: [
    'It comes from this machine: the router that its address belongs to decides vendor and realm. Where there is none, the box gets',
    'one for the length of the test. It is a real login: it may start a plan’s validity, bind a device, and count as a wrong password.',
  ],
  examples: [
    "lango test-auth amina --password 'her-password'",
    'lango test-auth amina --method mschapv2',
    'lango test-auth amina --password-file - --server 192.0.2.1:1812 --secret-file s',
  ],
  async run(context) {
    const { args } = context
    const server = args.text('server')
    const nas = args.text('nas')
    if (nas !== undefined && isIP(nas) !== 4) throw new UsageError(`--nas is an IPv4 address, not '${nas}'.`)
    if (server !== undefined) return askOther(context, server)
    const link = await context.link()
    if (!link.ok) return link
    if (!link.value.running) return refused({ type: 'BoxDown', dir: context.dir, action: 'test-auth' })
    return askBox(context)
  },
}

const askOther = async (context: CliContext, text: string): Promise<Result<Shown, Fault>> => {
  const [, address = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  if (isIP(address) === 0)
    throw new UsageError(`--server is an address and port such as 192.0.2.1:1812, not '${text}'.`)
  const secret = await context.args.secret('secret')
  const password = await context.args.secret('password')
  if (secret === undefined || password === undefined)
    throw new UsageError('Another server needs --secret and --password.')
  return tell(await send(context, { address, port: Number(port), secret }, password), undefined, context)
}

const askBox = async (context: CliContext): Promise<Result<Shown, Fault>> => {
  const login = context.args.operand(0)!
  const status = await context.action<BoxStatus>('box.status', {})
  if (!status.ok) return status
  const { listen, ports, now } = status.value
  const address = listen === '0.0.0.0' ? '127.0.0.1' : listen === '::' ? '::1' : listen
  const { readStored } = await import('./stored-secrets.ts')
  const stored = readStored(dataFolder(context.dir), { login, address })
  if (!stored.ok) return stored
  const password = (await context.args.secret('password')) ?? stored.value.password
  if (password === undefined) throw new UsageError(`No password is stored for ${login}: give --password.`)
  return withRouter(context, address, stored.value.routerSecret, async (secret) => {
    const reply = await send(context, { address, port: ports.auth, secret }, password)
    if (!reply.ok) return reply
    return tell(reply, await decisionSince(context, login, now), context)
  })
}

/** Runs with the secret of the router at this address; where there is none the box gets one for so long. */
const withRouter = async <T>(
  { command }: CliContext,
  address: string,
  known: string | undefined,
  run: (secret: string) => Promise<Result<T, Fault>>,
): Promise<Result<T, Fault>> => {
  if (known !== undefined) return run(known)
  const { systemRandom } = await import('@lango/kernel')
  const [name, secret] = [
    `test-auth-${systemRandom().bytes(4).toString('hex')}`,
    systemRandom().bytes(24).toString('base64url'),
  ]
  const added = await command('routers.add', { name, address, secret, vendor: 'generic' })
  if (!added.ok) return added
  try {
    return await run(secret)
  } finally {
    await command('routers.remove', { name })
  }
}

const send = async (
  { args, io }: CliContext,
  server: Server,
  password: string,
): Promise<Result<TestReply & { type: 'reply' }, Fault>> => {
  const { systemRandom } = await import('@lango/kernel')
  const { sendTestLogin } = await import('../aaa/test-client.ts')
  const reply = await sendTestLogin(
    {
      server,
      login: args.operand(0)!,
      password,
      method: args.choice('method', METHODS) ?? 'pap',
      nas: args.text('nas'),
      device: args.text('mac'),
    },
    { random: systemRandom(), monotonicMs: io.monotonicMs },
  )
  if (reply.type === 'reply') return { ok: true, value: reply }
  return refused({ type: 'TestUnanswered', server: `${server.address} port ${server.port}`, cause: reply.cause })
}

/** The box's own account of it; undefined when it does not come in time. */
const decisionSince = async (
  { action, io }: CliContext,
  login: string,
  since: number,
): Promise<FoundDecision | undefined> => {
  const until = io.monotonicMs() + DECISION_WITHIN_MS
  while (io.monotonicMs() < until) {
    const found = await action<readonly FoundDecision[]>('decisions.search', { login, limit: 1 })
    if (!found.ok) return undefined
    const [newest] = found.value
    if (newest !== undefined && newest.at >= since) return newest
    await new Promise((done) => setTimeout(done, DECISION_LOOK_MS))
  }
  return undefined
}

const tell = (
  reply: Result<TestReply & { type: 'reply' }, Fault>,
  decision: FoundDecision | undefined,
  { io }: CliContext,
): Result<Shown, Fault> => {
  if (!reply.ok) return reply
  const { code, attributes, roundTripMs } = reply.value
  const value = { reply: code, roundTripMs, attributes, decision: decision ?? null }
  return shown(
    value,
    () =>
      [
        `${code} after ${roundTripMs.toFixed(1)} ms`,
        ...attributes.map((one) => `  ${one.name} = ${clean(one.value)}`),
        ...(decision === undefined ? [] : [decisionText(decision, io.now())]),
      ].join('\n'),
    { exitCode: code === 'Access-Accept' ? 0 : 1 },
  )
}

export const testAuthCommands = [testAuth]
