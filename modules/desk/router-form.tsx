/** The fields of a router, for adding and for changing one. */
import {
  Check,
  Field,
  fill,
  Fold,
  Select,
  valuesFor,
  visible,
  type Desk,
  type Fields,
  type Option,
  type Problems,
} from '@lango/kernel/ui'
import type { Fault } from '@lango/kernel'
import { COA_PORT_DEFAULT } from '../network/index.ts'
import { vendorOptions, wordsOf, type Router } from './router-facts.tsx'
import type { RouterWords } from './words-routers.ts'

type Strictness = Router['requireMessageAuthenticator']
const strictness = ['auto', 'yes', 'no'] as const satisfies readonly Strictness[]

const strictnessOf = (text: string): Strictness => strictness.find((each) => each === text) ?? 'auto'

const strictnessOptions = (words: RouterWords, learned: string): readonly Option[] => [
  { value: 'auto', label: learned },
  { value: 'yes', label: words.yes },
  { value: 'no', label: words.no },
]

/** What a form of this page shows before anything was typed. */
type Before = Partial<Router>

const MORE_FIELDS = ['realm', 'radsecIdentity', 'coaPort']

export const RouterFields = ({ desk, deed, before }: { desk: Desk; deed: string; before: Before }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, deed)
  const vendor = form.value('vendor', before.vendor ?? 'mikrotik')
  return (
    <>
      <Field
        locale={locale}
        label={words.name}
        name="name"
        value={form.value('name', before.name)}
        required
        help={words.nameHelp}
        {...form.error('name')}
      />
      <Field
        locale={locale}
        label={words.address}
        name="address"
        value={form.value('address', before.address)}
        required
        help={words.addressHelp}
        {...form.error('address')}
      />
      <Select
        label={words.vendor}
        name="vendor"
        value={vendor}
        options={vendorOptions(vendor)}
        help={words.vendorHelp}
        {...form.error('vendor')}
      />
    </>
  )
}

/** What most routers leave as it is. */
export const MoreFields = ({ desk, deed, before }: { desk: Desk; deed: string; before: Before }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, deed)
  const refused = desk.refused?.deed === deed ? desk.refused : undefined
  const isWrong = MORE_FIELDS.some((name) => refused?.problems[name] !== undefined)
  const isOn = (name: 'swapsOctets' | 'adminLogins'): boolean =>
    refused === undefined ? before[name] === true : refused.fields.has(name)
  return (
    <Fold title={words.more} note={words.moreNote} open={isWrong}>
      <Field
        locale={locale}
        label={words.coaPort}
        name="coaPort"
        inputMode="numeric"
        value={form.value('coaPort', String(before.coaPort ?? COA_PORT_DEFAULT))}
        required
        help={words.coaPortHelp}
        {...form.error('coaPort')}
      />
      <Field
        locale={locale}
        label={words.realm}
        name="realm"
        value={form.value('realm', before.realm ?? '')}
        help={words.realmHelp}
        {...form.error('realm')}
      />
      <Select
        label={words.messageAuthenticator}
        name="messageAuthenticator"
        value={form.value('messageAuthenticator', before.requireMessageAuthenticator ?? 'auto')}
        options={strictnessOptions(words, before.messageAuthenticatorSeen === true ? words.autoSeen : words.auto)}
        help={words.messageAuthenticatorHelp}
      />
      <Select
        label={words.proxyState}
        name="proxyState"
        value={form.value('proxyState', before.limitProxyState ?? 'auto')}
        options={strictnessOptions(words, before.proxyStateFreeSeen === true ? words.autoProxySeen : words.auto)}
        help={words.proxyStateHelp}
      />
      <Field
        locale={locale}
        label={words.radsecIdentity}
        name="radsecIdentity"
        value={form.value('radsecIdentity', before.radsecIdentity ?? '')}
        help={words.radsecIdentityHelp}
        {...form.error('radsecIdentity')}
      />
      <Check label={words.swapsOctets} name="swapsOctets" checked={isOn('swapsOctets')} help={words.swapsOctetsHelp} />
      <Check label={words.adminLogins} name="adminLogins" checked={isOn('adminLogins')} help={words.adminLoginsHelp} />
    </Fold>
  )
}

export type Settings = {
  readonly vendor: string
  readonly coaPort: number
  readonly realm: string | null
  readonly requireMessageAuthenticator?: Strictness
  readonly limitProxyState?: Strictness
  readonly radsecIdentity: string | null
  readonly swapsOctets: boolean
  readonly adminLogins: boolean
}

export const NAME_LENGTH_MAX = 64
export const SECRET_LENGTH_MAX = 128

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())

/** What the form says, and what is wrong with it in words. A policy that stays is left out: setting it forgets what it learned. */
export const settingsIn = (
  fields: Fields,
  words: RouterWords,
  before: Before = {},
): { readonly settings: Settings; readonly problems: Problems } => {
  const name = fields.get('name').trim()
  const port = fields.get('coaPort').trim()
  const coaPort = /^\d{1,5}$/.test(port) ? Number(port) : 0
  const realm = orNull(fields.get('realm'))
  const [signed, proxied] = [strictnessOf(fields.get('messageAuthenticator')), strictnessOf(fields.get('proxyState'))]
  const settings = {
    vendor: fields.get('vendor') || 'generic',
    coaPort,
    realm,
    radsecIdentity: orNull(fields.get('radsecIdentity')),
    swapsOctets: fields.has('swapsOctets'),
    adminLogins: fields.has('adminLogins'),
    ...(signed === before.requireMessageAuthenticator ? {} : { requireMessageAuthenticator: signed }),
    ...(proxied === before.limitProxyState ? {} : { limitProxyState: proxied }),
  }
  return {
    settings,
    problems: {
      ...(name === '' || name.length > NAME_LENGTH_MAX ? { name: words.nameMissing } : {}),
      ...(fields.get('secret').length > SECRET_LENGTH_MAX ? { secret: words.secretLong } : {}),
      ...(coaPort < 1 || coaPort > 65_535 ? { coaPort: words.portWrong } : {}),
      ...(realm !== null && /[@\s]/.test(realm) ? { realm: words.realmWrong } : {}),
    },
  }
}

/** A fault of a command beside the field that it is about; undefined when it is about none. */
export const problemsOf = (fault: Fault, words: RouterWords): Problems | undefined => {
  if (fault.type === 'RouterNameTaken') return { name: words.nameTaken }
  if (fault.type === 'AddressInvalid') return { address: words.addressWrong }
  if (fault.type !== 'RouterAddressTaken') return undefined
  const { name } = fault as Fault & { readonly name: string }
  return { address: fill(words.addressTaken, { name: visible(name) }) }
}
