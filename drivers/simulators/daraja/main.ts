/** `node drivers/simulators/daraja/main.ts [PORT]`: the simulator as a process of its own, for demonstrations. */
import { seededRandom, systemTimers } from '@lango/kernel'
import { startDarajaSimulator } from './index.ts'

/** Public: of Safaricom's own sandbox, and in its documents. */
const SANDBOX_PASSKEY = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'

const simulator = await startDarajaSimulator({
  port: Number(process.argv[2] ?? 0),
  apps: [
    {
      consumerKey: 'demo-key',
      consumerSecret: 'demo-secret',
      shortcodes: [
        {
          shortcode: '174379',
          name: 'Lango demo',
          kind: 'paybill',
          passkey: SANDBOX_PASSKEY,
          initiator: { name: 'testapi', password: 'demo-password' },
        },
      ],
    },
  ],
  customers: [{ msisdn: '254708374149', name: 'Amina Otieno', balance: 10_000, pin: '1234' }],
  newCustomerShillings: 10_000,
  random: seededRandom(1),
  now: Date.now,
  timers: systemTimers(),
})
process.stdout.write(`${simulator.readyLine}\nApp demo-key, secret demo-secret, paybill 174379.\n`)
const stop = (): void => void simulator.close().then(() => process.exit(0))
process.once('SIGINT', stop)
process.once('SIGTERM', stop)
