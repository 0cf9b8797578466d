/** The desk's pages of webhooks: all of them, and one with what was sent to it. */
import type { DeskPage } from '@lango/kernel/ui'
import { webhooksPage } from './pages-list.tsx'
import { webhookPage } from './pages-one.tsx'

export const webhooksPages: readonly DeskPage[] = [webhooksPage, webhookPage]
