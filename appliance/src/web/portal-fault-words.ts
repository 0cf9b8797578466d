/** Faults about what the captive portal shows, in the words of a page. */
import type { FaultWords } from './fault-words.ts'

export const portalFaultWords: Readonly<Record<string, FaultWords>> = {
  BackgroundUnfit: {
    en: 'Text on {colour} cannot be read in the sun (contrast {contrast}, it takes 7). Choose a much lighter or a much darker colour.',
    sw: 'Maandishi juu ya {colour} hayasomeki juani (utofauti {contrast}, inahitajika 7). Chagua rangi angavu zaidi au nyeusi zaidi.',
  },
  LocationUnknown: { en: 'This router is not there any more.', sw: 'Ruta hii haipo tena.' },
  PictureMissing: { en: 'The picture is gone already.', sw: 'Picha hiyo tayari imeondolewa.' },
  PictureTooLarge: {
    en: 'The picture has {kilobytes} kB, and there is room for {kilobytesMax} kB: the whole page has to stay under 50 kB for slow phones. Save it smaller, in fewer pixels or as WebP; or remove the other picture.',
    sw: 'Picha ina kB {kilobytes}, na nafasi iliyopo ni kB {kilobytesMax}: ukurasa mzima lazima uwe chini ya kB 50 kwa simu za polepole. Ihifadhi ikiwa ndogo, kwa pikseli chache au kama WebP; au ondoa picha ile nyingine.',
  },
  PictureTooWide: {
    en: 'The picture has {width} × {height} pixels, and no side may have more than {pixelsMax}. Save it smaller.',
    sw: 'Picha ina pikseli {width} × {height}, na upande wowote usizidi {pixelsMax}. Ihifadhi ikiwa ndogo.',
  },
  PictureUnreadable: {
    en: 'This is no whole picture of a kind that phones read: PNG, JPEG or WebP. SVG is not taken.',
    sw: 'Hii si picha kamili ya aina ambayo simu husoma: PNG, JPEG au WebP. SVG haipokelewi.',
  },
}
