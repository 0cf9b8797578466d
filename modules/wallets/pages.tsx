/** Every page of wallets. */
import type { DeskPage } from '@lango/kernel/ui'
import { walletPage } from './pages-wallet.tsx'
import { walletsPage } from './pages-wallets.tsx'

export const walletsPages: readonly DeskPage[] = [walletsPage, walletPage]
