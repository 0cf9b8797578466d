/** An SMS gateway of anybody's that is asked over HTTP: what it is told, and how it says that it has taken a message. Pure. */
import { z } from 'zod'

/** What stands in braces in what a gateway is told. `digits`: the number without its +; `report`: where to tell of it. */
const places = ['number', 'digits', 'text', 'sender', 'key', 'id', 'report'] as const

/** On this machine, where plain http is heard by nobody else. */
export const isHere = (url: URL): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)

/** https, or plain http on this machine, where a box in development may ask a simulator. */
const isGatewayAddress = (text: string): boolean => {
  const url = URL.parse(text)
  if (url === null) return false
  const isBare = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return isBare && (url.protocol === 'https:' || (url.protocol === 'http:' && isHere(url)))
}

const placesIn = (text: string): string[] => [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!)
const isPlace = (name: string): boolean => (places as readonly string[]).includes(name)

/** Every text of a JSON value that places are filled in; names are as they stand. */
const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

const valuesOfJson = (body: string): readonly string[] | undefined => {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === 'object' && value !== null ? textsOf(value) : undefined
  } catch {
    return undefined
  }
}

/** The texts of a template that places may stand in; undefined where it is none. */
const valuesOf = (how: 'form' | 'json' | 'query', body: string): readonly string[] | undefined =>
  how === 'json' ? valuesOfJson(body) : [...new URLSearchParams(body).values()]

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
const HEADER = new RegExp(`^${TOKEN}: ?[\\x20-\\x7e]+$`)
/** These are the connection's, not the message's. */
const OWN_HEADERS = /^(host|content-length|content-type|transfer-encoding|connection|upgrade|te|trailer|expect):/i

const isHeader = (text: string): boolean =>
  text === '' || (HEADER.test(text) && !OWN_HEADERS.test(text) && placesIn(text).every((name) => name === 'key'))

/** `data.messages.0.id` */
const PATH = /^$|^[\w-]+(\.[\w-]+){0,7}$/
const path = z
  .string()
  .trim()
  .max(100)
  .regex(PATH, 'A field is written such as status, or data.messages.0.id.')
  .default('')

const values = z.array(z.string().trim().min(1).max(60)).max(10).default([])

export const gatewayHows = ['form', 'json', 'query'] as const

export const gatewayFields = {
  address: z
    .string()
    .trim()
    .max(500)
    .refine(
      isGatewayAddress,
      'An address looks like https://sms.example.net/send; what follows a ? stands in the parameters.',
    ),
  /** Posted as a form or as JSON, or in the query of a GET. */
  how: z.enum(gatewayHows).default('form'),
  /** What it is told: `to={number}&text={text}`, or JSON. */
  body: z.string().trim().max(2000),
  /** One header more, which may hold the key. */
  header: z
    .string()
    .trim()
    .max(300)
    .refine(isHeader, 'A header looks like Authorization: Bearer {key}, and holds no other place.')
    .default(''),
  sender: z
    .string()
    .trim()
    .regex(/^[\w .+-]{0,20}$/, 'A sender is at most 20 letters and digits.')
    .default(''),
  /** The field of its JSON that says whether it has taken the message; '' where the status does, or its text. */
  okField: path,
  /** What stands there then; of a text how it begins. None: each answer of 2xx. */
  okValues: values,
  /** The field of its JSON with its name for the message. */
  idField: path,
  /** In what it tells of a message later: the fields with its state and its name. */
  reportField: path,
  reportIdField: path,
  /** What stands in the one when it has arrived, and when it will not; none: the words that most have for it. */
  arrivedValues: values,
  failedValues: values,
}

type Template = { readonly how: (typeof gatewayHows)[number]; readonly body: string }

/** Why a template will not do; undefined where it will. */
const templateProblem = ({ how, body }: Template): string | undefined => {
  const values = valuesOf(how, body)
  if (values === undefined) return 'This is no JSON: {"to": "{number}", "message": "{text}"} is.'
  const used = values.flatMap(placesIn)
  const unknown = used.find((name) => !isPlace(name))
  if (unknown !== undefined)
    return `Nothing is called {${unknown.slice(0, 20)}}: there are ${places.map((name) => `{${name}}`).join(', ')}.`
  if (!used.includes('text') || !(used.includes('number') || used.includes('digits')))
    return 'It has to say {number} or {digits}, and {text}.'
  return undefined
}

type Checked = Template & { readonly okField: string; readonly okValues: readonly string[] }

export const checkGateway = (config: Checked, ctx: z.core.$RefinementCtx): void => {
  const problem = templateProblem(config)
  if (problem !== undefined) ctx.addIssue({ code: 'custom', path: ['body'], message: problem })
  if (config.okField !== '' && config.okValues.length === 0)
    ctx.addIssue({
      code: 'custom',
      path: ['okValues'],
      message: 'Say what stands in that field when it has taken a message.',
    })
}

/** Whether it asks for a key anywhere. */
export const usesKey = ({ body, header }: { readonly body: string; readonly header: string }): boolean =>
  `${body}${header}`.includes('{key}')
