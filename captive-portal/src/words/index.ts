import { catalogue, type Lang } from '@lango/kernel/ui'
import { en } from './en.ts'
import { sw } from './sw.ts'

export const gateWords = catalogue(en, sw)
export type GateWords = (typeof gateWords)[Lang]

/** In their own words, as people look for them. */
export const languageNames: Readonly<Record<Lang, string>> = { en: 'English', sw: 'Kiswahili' }
