/** Every page of the desk, module by module. */
import type { DeskPage } from '@lango/kernel/ui'
import { peoplePages } from '@lango/modules/people/pages'

export const deskPages: readonly DeskPage[] = [...peoplePages]
