/** `lango gateway`: what it takes. The process itself is in `../gateway/run.ts`. */
import { shown, type CommandSpec } from './command.ts'

const gateway: CommandSpec = {
  path: ['gateway'],
  operands: [],
  summary: 'make this machine the gateway of a hotspot, until SIGTERM; who is online stays so',
  options: {
    lan: { value: 'IFACE', help: 'the clients’ side: an interface, or a bridge', required: true },
    wan: { value: 'IFACE', help: 'the side of the internet', required: true },
    address: { value: 'CIDR', help: 'the gateway on the clients’ side, such as 10.40.0.1/16', required: true },
    'dhcp-range': { value: 'FIRST-LAST', help: 'addresses for the clients (all of the network but the lowest ten)' },
    prefix6: {
      value: 'PREFIX/64',
      help: 'IPv6 for those who are in, such as 2001:db8:40::/64; none otherwise. One of fd00::/8 is masqueraded',
    },
    portal: { value: 'URL', help: 'where those who are not in are sent', required: true },
    'portal-api': {
      value: 'URL',
      help: 'the RFC 8908 API, https and by name: told to phones by DHCP (option 114, of IPv6 103)',
    },
    secret: { value: 'S', help: 'the secret this router has at the box', secret: true, required: true },
    radius: { value: 'HOST', help: 'the box (127.0.0.1)' },
    'auth-port': { value: 'N', help: 'authentication, UDP (1812)' },
    'acct-port': { value: 'N', help: 'accounting, UDP (1813)' },
    'coa-port': { value: 'N', help: 'where it listens for CoA and Disconnect, UDP (3799); 0 picks a free port' },
    name: { value: 'NAME', help: 'how it names itself: NAS-Identifier (lango-gateway)' },
    garden: { value: 'NAME,…', help: 'names that are reachable before login, with all below them' },
    dns: { value: 'ADDR,…', help: 'resolvers to ask (those of the machine)' },
    'state-dir': { value: 'DIR', help: 'where it keeps who is online (/var/lib/lango-gateway)' },
    'log-level': { value: 'debug|info|warn|error', help: 'how much is logged, to stderr (info)' },
  },
  notes: [
    'At the box: lango router add NAME --address ADDR --secret S --vendor chillispot --coa-port 3799',
    'With a portal that has a public name: --portal-api https://NAME:PORT/captive-portal/api?login=http://ADDRESS/login',
    'Needs nftables, iproute2 and dnsmasq-base, and socat to advertise the API by IPv6. Once it serves it prints one line of JSON: {"ready":true,"coaPort":…}',
  ],
  examples: [
    'lango gateway --lan br-guests --wan eth0 --address 10.40.0.1/16 --portal http://10.40.0.1:8081/ --secret-file /etc/lango/gateway.secret',
    'lango gateway --lan eth1 --wan eth0 --address 10.40.0.1/16 --portal https://wifi.isp.example/ --radius 10.0.0.2 --secret-file secret --garden pay.example',
  ],
  async run(context) {
    const { runGateway } = await import('../gateway/run.ts')
    return shown(null, () => '', { streamed: true, exitCode: await runGateway(context) })
  },
}

export const gatewayCommands = [gateway]
