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

const byName = new Map<string, NamedDefinition>()
const byPath = new Map<string, NamedDefinition>()

// Where two names share a number, the later is the one in use (MS-MPPE-Encryption-Types).
for (const [name, definition] of Object.entries(attributes) as [AttributeName, AttributeDefinition][]) {
  const path = pathKey(definition.vendor, [...(definition.within ?? []), definition.number])
  const earlier = byPath.get(path)
  const valueNumbers = new Map(earlier?.valueNumbers)
  for (const [value, number] of Object.entries(valuesOf(name))) valueNumbers.set(value, number)
  const valueNames = new Map([...valueNumbers].map(([value, number]) => [number, value]))
  const named = { ...definition, name, valueNames, valueNumbers }
  byName.set(name, named)
  byPath.set(path, named)
}

const vendorNames = new Map<number, VendorName>(
  (Object.entries(vendors) as [VendorName, number][]).map(([name, number]) => [number, name]),
)

function valuesOf(name: string): Readonly<Record<string, number>> {
  return Object.hasOwn(values, name) ? values[name as keyof typeof values] : {}
}

function pathKey(vendor: number | undefined, path: readonly number[]): string {
  return `${vendor ?? 0}:${path.join('.')}`
}

export function isAttributeName(name: string): name is AttributeName {
  return byName.has(name)
}

export function definitionOf(name: string): NamedDefinition | undefined {
  return byName.get(name)
}

/** `path` are the numbers from the outermost attribute (inside a Vendor-Specific: of the vendor) to this one. */
export function definitionAt(vendor: number | undefined, path: readonly number[]): NamedDefinition | undefined {
  return byPath.get(pathKey(vendor, path))
}

export function vendorName(vendor: number): VendorName | undefined {
  return vendorNames.get(vendor)
}

export function vendorFormat(vendor: number): VendorFormat {
  const [typeOctets, lengthOctets, flags] = vendorFormats[vendor] ?? [1, 1, 0]
  return { typeOctets, lengthOctets, continued: flags === 1 }
}
