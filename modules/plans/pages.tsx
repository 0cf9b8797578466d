/** The desk's pages of plans: what is on sale, one plan, a new one. */
import type { DeskPage } from '@lango/kernel/ui'
import { plansPage } from './pages-list.tsx'
import { newPlanPage, planPage } from './pages-plan.tsx'

export const plansPages: readonly DeskPage[] = [plansPage, newPlanPage, planPage]
