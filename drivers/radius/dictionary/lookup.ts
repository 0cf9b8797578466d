import { attributes, vendorFormats, vendors } from './attributes.gen.ts'
import type { AttributeDefinition, VendorFormat } from './types.ts'
import { values } from './values.gen.ts'

export type AttributeName = keyof typeof attributes
export type VendorName = keyof typeof vendors

/** An attribute with its name and, for an integer, the names of its values. */
export type NamedDefinition = AttributeDefinition & {
  readonly name: AttributeName
  readonly valueNames: ReadonlyMap<number, string>
  readonly valueNumbers: ReadonlyMap<string, number>
}

type Index = {
  readonly byName: ReadonlyMap<string, NamedDefinition>
  readonly byPath: ReadonlyMap<string, NamedDefinition>
  readonly vendorNames: ReadonlyMap<number, VendorName>
}

let built: Index | undefined

/** Built at the first look-up: a thread that only answers requests never needs it. */
function index(): Index {
  return (built ??= build())
}

function build(): Index {
  const byName = new Map<string, NamedDefinition>()
  const byPath = new Map<string, NamedDefinition>()
  // Where two names share a number, the later is the one in use (MS-MPPE-Encryption-Types).
  for (const [name, definition] of Object.entries(attributes) as [AttributeName, AttributeDefinition][]) {
    const path = pathKey(definition.vendor, [...(definition.within ?? []), definition.number])
    const pairs = [...(byPath.get(path)?.valueNumbers ?? []), ...Object.entries(valuesOf(name))]
    const named = { ...definition, name, ...valueMaps(pairs) }
    byName.set(name, named)
    byPath.set(path, named)
  }
  const vendorPairs = Object.entries(vendors) as [VendorName, number][]
  return { byName, byPath, vendorNames: new Map(vendorPairs.map(([name, number]) => [number, name])) }
}

const noValues = { valueNumbers: new Map<string, number>(), valueNames: new Map<number, string>() }

function valueMaps(pairs: readonly [string, number][]): Pick<NamedDefinition, 'valueNumbers' | 'valueNames'> {
  if (pairs.length === 0) return noValues
  return { valueNumbers: new Map(pairs), valueNames: new Map(pairs.map(([name, value]) => [value, name])) }
}

function valuesOf(name: string): Readonly<Record<string, number>> {
  return Object.hasOwn(values, name) ? values[name as keyof typeof values] : {}
}

function pathKey(vendor: number | undefined, path: readonly number[]): string {
  return `${vendor ?? 0}:${path.join('.')}`
}

export function isAttributeName(name: string): name is AttributeName {
  return index().byName.has(name)
}

export function definitionOf(name: string): NamedDefinition | undefined {
  return index().byName.get(name)
}

/** `path` are the numbers from the outermost attribute (inside a Vendor-Specific: of the vendor) to this one. */
export function definitionAt(vendor: number | undefined, path: readonly number[]): NamedDefinition | undefined {
  return index().byPath.get(pathKey(vendor, path))
}

export function vendorName(vendor: number): VendorName | undefined {
  return index().vendorNames.get(vendor)
}

export function vendorFormat(vendor: number): VendorFormat {
  const [typeOctets, lengthOctets, flags] = vendorFormats[vendor] ?? [1, 1, 0]
  return { typeOctets, lengthOctets, continued: flags === 1 }
}
