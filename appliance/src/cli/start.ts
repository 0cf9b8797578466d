/** `lango start`: what it takes. The box itself is in `main.ts`, which reads these options again with its own defaults. */
import type { CommandSpec } from './command.ts'

const start: CommandSpec = {
  path: ['start'],
  operands: [],
  summary: 'run the box, until SIGTERM',
  options: {
    listen: { value: 'ADDR', help: 'the address that RADIUS listens on (0.0.0.0)' },
    'auth-port': { value: 'N', help: 'authentication, UDP (1812); 0 picks a free port, here and below' },
    'acct-port': { value: 'N', help: 'accounting, UDP (1813)' },
    'radsec-port': { value: 'N', help: 'RadSec, TCP (2083)' },
    'web-port': { value: 'N', help: 'the desk, TCP (8080)' },
    'pair-port': { value: 'N', help: 'where two boxes of a pair talk, TCP (2084); opened where there is a pair' },
    'portal-port': {
      value: 'N',
      help: 'the captive portal, TCP, plain http on the address that RADIUS listens on (none)',
    },
    'portal-tls-port': {
      value: 'N',
      help: 'the same over https, once the certificate in use is for a public name (none; phones expect 443)',
    },
    'web-listen': {
      value: 'ADDR',
      help: 'the address that the desk listens on (127.0.0.1); on others it speaks https with the box’s certificate',
    },
    'web-name': { value: 'NAME', help: 'a host name by which browsers open the desk, besides its addresses' },
    'pid-file': { value: 'FILE', help: 'write the process id here' },
    'alert-latency-ms': { value: 'N', help: 'logins of which one in twenty takes longer need attention (100)' },
    'log-level': { value: 'debug|info|warn|error', help: 'how much is logged, to stderr (info)' },
  },
  notes: ['Once it serves it prints one line of JSON: {"ready":true,"ports":{"auth":…,"acct":…,"radsec":…,"web":…}}'],
  examples: [
    'lango start --data ./pop',
    'lango start --data /var/lib/lango --listen 0.0.0.0 --auth-port 1812 --acct-port 1813',
    'lango start --data /var/lib/lango --portal-port 80 --portal-tls-port 443',
    'lango start --data ./try --listen 127.0.0.1 --auth-port 0 --acct-port 0 --radsec-port 0 --web-port 0',
  ],
  run: () => Promise.reject(new Error('start is carried out by main.ts')),
}

export const startCommands = [start]
