/** The desk's pages of people: staff, their roles, keys of programs, one's own account, the audit log. */
import type { DeskPage } from '@lango/kernel/ui'
import { auditPage } from './pages-audit.tsx'
import { mePage } from './pages-me.tsx'
import { rolePage } from './pages-roles.tsx'
import { personPage, staffPage } from './pages-staff.tsx'
import { tokensPage } from './pages-tokens.tsx'

export const peoplePages: readonly DeskPage[] = [staffPage, rolePage, tokensPage, personPage, mePage, auditPage]
