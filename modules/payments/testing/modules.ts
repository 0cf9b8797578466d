import { access } from '../../access/index.ts'
import { customers } from '../../customers/index.ts'
import { ledger } from '../../ledger/index.ts'
import { messages } from '../../messages/index.ts'
import { offers } from '../../offers/index.ts'
import { people } from '../../people/index.ts'
import { plans } from '../../plans/index.ts'
import { services } from '../../services/index.ts'
import { settings } from '../../settings/index.ts'
import { wallets } from '../../wallets/index.ts'
import { payments } from '../index.ts'

/** Payments, and all that they stand on. */
export const paymentModules = [
  people,
  settings,
  messages,
  access,
  plans,
  ledger,
  customers,
  wallets,
  services,
  offers,
  payments,
]
