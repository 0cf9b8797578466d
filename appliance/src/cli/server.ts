/** `lango server …`: home servers of other realms, and servers that want a copy of accounting. */
import type { ResultOf } from '@lango/kernel/db'
import type { listRemoteServers } from '@lango/modules/network'
import { shown, type CommandSpec } from './command.ts'
import { table } from './format.ts'

const ROLES = ['proxy', 'copy'] as const

const add: CommandSpec = {
  path: ['server', 'add'],
  operands: ['NAME'],
  summary: 'send a realm’s logins on, or a copy of all accounting',
  options: {
    role: {
      value: 'proxy|copy',
      help: 'proxy: it answers for a realm; copy: it gets every accounting record',
      required: true,
    },
    host: { value: 'IP', help: 'its address', required: true },
    port: { value: 'N', help: 'its port (1812 for proxy, 1813 for copy)' },
    realm: { value: 'R', help: 'the realm it answers for; needed with --role proxy' },
    priority: {
      value: 'N',
      help: 'where a realm has several: the lowest is asked first (after those that are there)',
    },
    secret: { value: 'S', help: 'the secret that it shares with this box', secret: true, required: true },
  },
  notes: [
    'A realm may have several home servers: one that does not answer is passed over until it does.',
    'Copies are queued on disk and sent in order until they are answered.',
  ],
  examples: [
    'lango server add partner --role proxy --realm partner.example --host 203.0.113.9 --secret-file partner.secret',
    'lango server add partner-2 --role proxy --realm partner.example --host 203.0.113.10 --secret-file partner.secret',
    'lango server add libreqos --role copy --host 10.0.0.5 --secret-file libreqos.secret',
  ],
  async run({ args, command }) {
    const name = args.operand(0)!
    const role = args.choice('role', ROLES)
    const added = await command('remoteServers.add', {
      name,
      role,
      realm: args.text('realm'),
      priority: args.whole('priority'),
      host: args.text('host'),
      port: args.whole('port') ?? (role === 'copy' ? 1813 : 1812),
      secret: await args.secret('secret'),
    })
    return added.ok ? shown(added.value, () => `Server ${name} is in use.`) : added
  },
}

type Server = ResultOf<typeof listRemoteServers>[number]

const list: CommandSpec = {
  path: ['server', 'list'],
  operands: [],
  summary: 'home servers and receivers of copies',
  options: {},
  examples: ['lango server list'],
  async run({ query }) {
    const servers = await query<readonly Server[]>('remoteServers.list', {})
    if (!servers.ok) return servers
    return shown(servers.value, () =>
      table(
        ['NAME', 'ROLE', 'REALM', '>PRIORITY', 'HOST', '>PORT'],
        servers.value.map((one) => [
          one.name,
          one.role,
          one.realm,
          one.role === 'proxy' ? one.priority : null,
          one.host,
          one.port,
        ]),
        'Every login is decided here, and accounting is copied nowhere.',
      ),
    )
  },
}

const remove: CommandSpec = {
  path: ['server', 'remove'],
  operands: ['NAME'],
  summary: 'send it nothing more; copies that wait for it are dropped',
  options: {},
  examples: ['lango server remove libreqos'],
  async run({ args, command }) {
    const name = args.operand(0)!
    const removed = await command('remoteServers.remove', { name })
    return removed.ok ? shown(removed.value, () => `Server ${name} gets nothing more.`) : removed
  },
}

export const serverCommands = [add, list, remove]
