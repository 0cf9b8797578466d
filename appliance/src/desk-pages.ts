/** Every page of the desk, module by module. */
import type { DeskPage } from '@lango/kernel/ui'
import { peoplePages } from '@lango/modules/people/pages'
import { plansPages } from '@lango/modules/plans/pages'

export const deskPages: readonly DeskPage[] = [...peoplePages, ...plansPages]
