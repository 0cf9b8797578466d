export { mikrotikFiles } from './mikrotik-files.ts'
export { lookStylesheet } from './look.ts'
export { pictureAt } from './gate.tsx'
export { offerNow } from './home.tsx'
export { createPortal } from './portal.ts'
export {
  languageTemplate,
  readLanguage,
  type GateLanguage,
  type LanguageFault,
  type WordTrouble,
} from './words/added.ts'
export type { GateLook, PortalDeps } from './port.ts'
export { previewHome } from './preview.tsx'
