import { defineModule } from '@lango/kernel/verbs'
import { removePicture, setPicture, setPortal } from './commands.ts'
import { listLanguages, removeLanguage, setLanguage } from './languages.ts'
import { showPortal } from './queries.ts'
import { portalLanguages, portalPictures, portalSettings } from './tables.ts'

export { pictureTooLarge, removePicture, setPicture, setPortal } from './commands.ts'
export {
  createLanguageFiles,
  LANGUAGE_CHARACTERS_MAX,
  LANGUAGE_TAG,
  listLanguages,
  removeLanguage,
  setLanguage,
} from './languages.ts'
export { createLocationOf, createPortalLook, type PictureNote, type PortalLook } from './look.ts'
export { showPortal } from './queries.ts'
export { wifiCode } from './wifi-code.ts'
export {
  PICTURE_OCTETS_MAX,
  PICTURE_PIXELS_MAX,
  pictureKinds,
  PICTURES_OCTETS_MAX,
  type PictureKind,
} from './picture.ts'
export {
  BUNDLES_MAX,
  colourFault,
  EVERYWHERE,
  portalSettingsSchema,
  withChange,
  type PortalChange,
  type PortalSettings,
} from './rules.ts'

export const portal = defineModule({
  name: 'portal',
  tables: [portalSettings, portalPictures, portalLanguages],
  commands: [setPortal, setPicture, removePicture, setLanguage, removeLanguage],
  queries: [showPortal, listLanguages],
})
