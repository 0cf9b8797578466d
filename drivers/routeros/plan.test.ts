import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { markOf, planTable, type DesiredRow, type Operation, type TableSpec } from './plan.ts'
import type { Row } from './request.ts'

type Table = readonly Row[]
const row = (id: string, values: Row): Row => ({ '.id': id, ...values })
const ours = (id: string, key: string, values: Row): Row => row(id, { ...values, comment: markOf('t', key) })
const want = (key: string, values: Row): DesiredRow => ({ key, values })

const queues: TableSpec = { area: 't', menu: '/queue/simple', identity: ['name'] }
const rules: TableSpec = { area: 't', menu: '/ip/firewall/filter', place: 'first' }

/** No id is that of two rows, ever. */
let ids = 0

/** A table as a router keeps it: refuses what has the identity of another, and references to what is not there. */
const carryOut = (spec: TableSpec, observed: Table, operations: readonly Operation[]): Table => {
  let table = [...observed]
  const added = new Map<string, string>()
  const indexOf = (id: string): number => {
    const at = table.findIndex((one) => one['.id'] === id)
    if (at < 0) throw new Error(`no such item: ${id}`)
    return at
  }
  const placeOf = (before: Extract<Operation, { type: 'move' }>['before']): number => {
    if (before === undefined) return table.length
    return indexOf('id' in before ? before.id : added.get(before.key)!)
  }
  const assertUnique = (): void => {
    const seen = table.map((one) => JSON.stringify(spec.identity?.map((name) => one[name])))
    if (spec.identity && new Set(seen).size < seen.length) throw new Error('already have such entry')
  }
  for (const operation of operations) {
    if (operation.type === 'remove') table.splice(indexOf(operation.id), 1)
    else if (operation.type === 'set') {
      const at = indexOf(operation.id)
      table[at] = { ...table[at]!, ...(operation.values as Row) }
      assertUnique()
    } else if (operation.type === 'add') {
      const id = `*new${(ids += 1)}`
      table.splice(placeOf(operation.before), 0, row(id, operation.values as Row))
      added.set(operation.key, id)
      assertUnique()
    } else {
      const [moved] = table.splice(indexOf(operation.id), 1)
      table.splice(placeOf(operation.before), 0, moved!)
    }
  }
  return table
}

const kinds = (operations: readonly Operation[]) => operations.map(({ type, key }) => `${type} ${key}`)

describe('the plan of a table', () => {
  test('adds what is missing, sets only what differs, removes what is no longer wanted, and leaves the rest', () => {
    const observed = [
      row('*1', { name: 'by-hand', target: '10.0.0.9/32' }),
      ours('*2', 'a', { name: 'a', target: '10.0.0.1/32', 'max-limit': '2000000/10000000' }),
      ours('*3', 'b', { name: 'b', target: '10.0.0.2/32', 'max-limit': '1000000/1000000' }),
      ours('*4', 'old', { name: 'old', target: '10.0.0.3/32' }),
    ]
    const desired = [
      want('a', { name: 'a', target: '10.0.0.1', 'max-limit': '2M/10M' }),
      want('b', { name: 'b', target: '10.0.0.2', 'max-limit': '1M/5M' }),
      want('c', { name: 'c', target: '10.0.0.4' }),
    ]
    expect(planTable(queues, { desired, observed }).operations).toEqual([
      { type: 'set', id: '*3', key: 'b', values: { 'max-limit': '1M/5M' } },
      { type: 'add', key: 'c', values: { ...desired[2]!.values, comment: 'lango:t:c' }, before: undefined },
      { type: 'remove', id: '*4', key: 'old' },
    ])
  })

  test('of duplicates the one that needs least stays, and the others go first', () => {
    const observed = [ours('*1', 'a', { name: 'x' }), ours('*2', 'a', { name: 'a' }), ours('*3', 'a', { name: 'a' })]
    expect(planTable(queues, { desired: [want('a', { name: 'a' })], observed }).operations).toEqual([
      { type: 'remove', id: '*3', key: 'a' },
      { type: 'remove', id: '*1', key: 'a' },
    ])
  })

  test('names that change places are had by removing, not by waiting for each other', () => {
    const observed = [ours('*1', 'a', { name: 'x' }), ours('*2', 'b', { name: 'y' })]
    const desired = [want('a', { name: 'y' }), want('b', { name: 'x' })]
    const { operations } = planTable(queues, { desired, observed })
    expect(kinds(operations)).toEqual(['remove a', 'remove b', 'add a', 'add b'])
    expect(carryOut(queues, observed, operations).map(({ name }) => name)).toEqual(['y', 'x'])
  })

  test('what the operator made under the same name is left, and told of', () => {
    const observed = [row('*1', { name: 'a', comment: 'of Juma' })]
    expect(planTable(queues, { desired: [want('a', { name: 'a' })], observed })).toEqual({
      operations: [],
      conflicts: [{ key: 'a', with: 'operator' }],
    })
  })

  test('of two that want one name the first has it', () => {
    const { operations, conflicts } = planTable(queues, {
      desired: [want('a', { name: 'n' }), want('b', { name: 'n' })],
      observed: [],
    })
    expect([kinds(operations), conflicts]).toEqual([['add a'], [{ key: 'b', with: 'desired' }]])
  })

  test.each([
    'lango',
    'lango-pppoe',
    'xlango:a',
    'lango:',
    'lango:t',
    'lango:t:',
    'lango:t:a b',
    'LANGO:t:a',
    'lango:t2:a',
    'lango::a',
  ])('%j marks no row of ours', (comment) => {
    const observed = [row('*1', { name: 'n', comment })]
    expect(planTable(queues, { desired: [], observed }).operations).toEqual([])
  })

  test('what the router made by itself is not ours, though its comment says so', () => {
    const observed = [row('*1', { name: 'n', comment: 'lango:t:a', dynamic: 'true' })]
    expect(planTable(queues, { desired: [], observed }).operations).toEqual([])
  })

  test('one row alone is looked after when only it is asked for', () => {
    const observed = [ours('*1', 'a', { name: 'a' }), ours('*2', 'b', { name: 'b' })]
    const plan = (onlyKey: string, desired: DesiredRow[]) => planTable(queues, { desired, observed, onlyKey })
    expect(kinds(plan('a', []).operations)).toEqual(['remove a'])
    expect(plan('c', [want('c', { name: 'b' })])).toEqual({
      operations: [],
      conflicts: [{ key: 'c', with: 'ours' }],
    })
  })

  test('a key that would not come back from a comment is refused', () => {
    expect(() => planTable(queues, { desired: [want('a b', {})], observed: [] })).toThrow(RangeError)
  })
})

describe('where order counts', () => {
  const rule = (id: string, key: string) => ours(id, key, { chain: 'forward' })
  const theirs = (id: string) => row(id, { chain: 'forward', action: 'drop' })
  const desired = (...keys: string[]) => keys.map((key) => want(key, { chain: 'forward' }))

  test('new rules go before the first rule of the operator, in order', () => {
    const observed = [theirs('*1'), theirs('*2')]
    const { operations } = planTable(rules, { desired: desired('a', 'b'), observed })
    expect(operations.map((one) => ('before' in one ? [one.key, one.before] : []))).toEqual([
      ['b', { id: '*1' }],
      ['a', { key: 'b' }],
    ])
    expect(carryOut(rules, observed, operations).map(({ comment }) => comment)).toEqual([
      'lango:t:a',
      'lango:t:b',
      undefined,
      undefined,
    ])
  })

  test('only what stands wrongly is moved', () => {
    const observed = [rule('*3', 'c'), rule('*1', 'a'), rule('*2', 'b'), theirs('*9'), rule('*4', 'd')]
    const { operations } = planTable(rules, { desired: desired('a', 'b', 'c', 'd'), observed })
    expect(operations).toEqual([
      { type: 'move', id: '*4', key: 'd', before: { id: '*9' } },
      { type: 'move', id: '*3', key: 'c', before: { id: '*4' } },
    ])
  })

  test('after all of the operator’s is as good a place', () => {
    const observed = [rule('*1', 'a'), theirs('*9')]
    const last: TableSpec = { ...rules, place: 'last' }
    const { operations } = planTable(last, { desired: desired('a', 'b'), observed })
    expect(carryOut(last, observed, operations).map((one) => one['comment'] ?? 'theirs')).toEqual([
      'theirs',
      'lango:t:a',
      'lango:t:b',
    ])
  })

  test('what the router puts at the top by itself is no place', () => {
    const observed = [row('*7', { chain: 'forward', dynamic: 'true' }), rule('*1', 'a'), theirs('*9')]
    expect(planTable(rules, { desired: desired('a'), observed }).operations).toEqual([])
  })
})

const names = ['n1', 'n2', 'n3', 'n4', 'n5']
const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const some = fc.constantFrom
const observedRow = fc.record({
  name: some(...names, 'n6', 'n7', 'n8'),
  limit: some('1M/1M', '1000000/1000000', '2M/2M'),
  disabled: some('true', 'false'),
  key: fc.option(some(...keys, 'gone', 'gone2'), { nil: undefined, freq: 3 }),
  dynamic: some('false', 'false', 'false', 'true'),
  area: some('t', 't', 'u'),
})
const observedTable = (isUnique: boolean) =>
  fc.array(observedRow, { maxLength: 8 }).map((rows) =>
    rows
      .filter(({ name }, index) => !isUnique || rows.findIndex((one) => one.name === name) === index)
      .map(({ name, limit, disabled, key, dynamic, area }, index) =>
        row(`*${index}`, {
          name,
          'max-limit': limit,
          disabled,
          dynamic,
          ...(key !== undefined && { comment: markOf(area, key) }),
        }),
      ),
  )
const desiredRows = fc.uniqueArray(
  fc.record({ key: some(...keys), name: some(...names), limit: some('1M/1M', '2M/2M') }),
  { selector: ({ key }) => key, maxLength: 6 },
)

const isOfOurs = (one: Row) => (one['comment'] ?? '').startsWith('lango:t:') && one['dynamic'] !== 'true'

describe.each<[string, TableSpec]>([
  ['names, no order', { area: 't', menu: '/queue/simple', identity: ['name'] }],
  ['names, ours first', { area: 't', menu: '/queue/simple', identity: ['name'], place: 'first' }],
  ['no names, ours first', { area: 't', menu: '/ip/firewall/filter', place: 'first' }],
  ['no names, ours last', { area: 't', menu: '/ip/firewall/filter', place: 'last' }],
  ['no names, no order', { area: 't', menu: '/ip/firewall/address-list' }],
])('any table (%s)', (_, spec) => {
  test('comes to what is desired in one pass, with the operator’s rows as they were', () => {
    fc.assert(
      fc.property(observedTable(spec.identity !== undefined), desiredRows, (observed, wishes) => {
        const desired = wishes.map(({ key, name, limit }) => want(key, { name, 'max-limit': limit, disabled: 'no' }))
        const first = planTable(spec, { desired, observed })
        const after = carryOut(spec, observed, first.operations)
        // Nothing is left to do.
        expect(planTable(spec, { desired, observed: after })).toEqual({ operations: [], conflicts: first.conflicts })
        // Theirs: the same rows in the same order.
        const theirs = (table: Table) => table.filter((one) => !isOfOurs(one))
        expect(theirs(after)).toEqual(theirs(observed))
        // Ours: what is desired but for conflicts, each once.
        const refused = new Set(first.conflicts.map(({ key }) => key))
        const expected = desired.filter(({ key }) => !refused.has(key)).map(({ key }) => markOf('t', key))
        const mine = after.filter(isOfOurs).map((one) => one['comment']!)
        const ordered = (list: readonly string[]) => (spec.place === undefined ? list.toSorted() : list)
        expect(ordered(mine)).toEqual(ordered(expected))
        // And all before, or all after, theirs.
        const isOfOthers = (one: Row) => one['dynamic'] === 'true' || one['comment']?.startsWith('lango:u:') === true
        const sides = after.filter((one) => !isOfOthers(one)).map((one) => (isOfOurs(one) ? 'ours' : 'theirs'))
        expect(sides).toEqual(
          { first: sides.toSorted(), last: sides.toSorted().toReversed(), any: sides }[spec.place ?? 'any'],
        )
        // A conflict is told only where there is one.
        const inTheWay = first.conflicts.filter((conflict) => conflict.with !== 'desired')
        const wished = inTheWay.map(({ key }) => desired.find((one) => one.key === key)!.values['name'])
        expect(theirs(observed).map(({ name }) => name)).toEqual(expect.arrayContaining(wished))
      }),
      { numRuns: 1000 },
    )
  })

  test('two areas in one table both have what they desire, and leave it at that', () => {
    fc.assert(
      fc.property(observedTable(spec.identity !== undefined), desiredRows, desiredRows, (observed, ofOne, ofOther) => {
        const wishes = (rows: typeof ofOne) => rows.map(({ key, name }) => want(key, { name }))
        const areas = [
          { spec, desired: wishes(ofOne) },
          { spec: { ...spec, area: 'u' }, desired: wishes(ofOther) },
        ]
        let table: Table = observed
        // Two rounds: a name that one gives up the other may have in the next.
        for (const { spec, desired } of [...areas, ...areas])
          table = carryOut(spec, table, planTable(spec, { desired, observed: table }).operations)
        for (const { spec, desired } of areas)
          expect(planTable(spec, { desired, observed: table }).operations).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
