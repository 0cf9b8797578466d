/** M-Pesa for a box under test: the Daraja simulator over HTTP, and the settings that lead there. */
import { startDarajaSimulator, type DarajaSimulator } from '../drivers/simulators/daraja/index.ts'
import { seededRandom, systemTimers } from '../kernel/src/base/index.ts'
import type { Box } from './box.ts'

export const shortcode = '174379'
const passkey = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919'
/** Who has money paid back. */
export const initiator = { name: 'testapi', password: 'Initiator#1' }
const app = { consumerKey: 'key-of-the-app', consumerSecret: 'secret-of-the-app' }

/** People with phones and money on them, by their numbers without a plus. */
export const startDaraja = (...msisdns: readonly string[]): Promise<DarajaSimulator> =>
  startDarajaSimulator({
    apps: [{ ...app, shortcodes: [{ shortcode, name: 'An estate', kind: 'paybill', passkey, initiator }] }],
    customers: msisdns.map((msisdn) => ({ msisdn, name: 'Amina Otieno', balance: 1000, pin: '1234' })),
    random: seededRandom(1),
    now: Date.now,
    timers: systemTimers(),
  })

export const useDaraja = async (box: Box, { server: baseUrl }: Pick<DarajaSimulator, 'server'>): Promise<void> => {
  const settings = { baseUrl, shortcode, passkey, ...app, phone: '+254700000001', kind: 'paybill' }
  for (const [name, value] of Object.entries(settings)) await box.json('setting', 'set', `mpesa.${name}`, value)
}
