import { defineModule } from '@lango/kernel/verbs'
import { removePicture, setPicture, setPortal } from './commands.ts'
import { showPortal } from './queries.ts'
import { portalPictures, portalSettings } from './tables.ts'

export { removePicture, setPicture, setPortal } from './commands.ts'
export { createPortalLook, type PictureNote, type PortalLook } from './look.ts'
export { showPortal } from './queries.ts'
export { portalSettingsSchema, type PortalSettings } from './rules.ts'

export const portal = defineModule({
  name: 'portal',
  tables: [portalSettings, portalPictures],
  commands: [setPortal, setPicture, removePicture],
  queries: [showPortal],
})
