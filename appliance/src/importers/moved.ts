/** What an importer makes of another product's files: rows of our sheets, and what it could not carry over, by line. */
import { subscriberSchema } from '@lango/modules/services'

type Cells = Readonly<Record<string, string>>
export type MovedRow = { readonly line: number; readonly cells: Cells }
/** `what` is the same for lines that lose the same. */
export type Lost = { readonly file: string; readonly line: number; readonly what: string }

export type Moved = {
  readonly plans: readonly MovedRow[]
  readonly subscribers: readonly MovedRow[]
  readonly lost: readonly Lost[]
}

export type SourceFile = { readonly name: string; readonly text: string }

export type MoveOptions = {
  /** Plans of the other product by the plan of this box that takes their place; '' for who has none. */
  readonly planFor: ReadonlyMap<string, string>
  /** What plans connect by where the source does not say. */
  readonly kind: string
}

type At = { readonly file: string; readonly line: number }

export type MoveBuilder = {
  readonly lose: (at: At, what: string) => void
  /** A plan of the source; nothing is made for one that a plan here takes the place of. */
  readonly plan: (at: At, name: string, cells: Cells) => void
  readonly subscriber: (at: At, cells: Cells) => void
  readonly moved: Moved
}

/** Cells that a row is better without than refused for. */
const OPTIONAL = ['name', 'phone', 'email', 'ip', 'mac', 'vlan', 'ipv6', 'delegated'] as const

export const createMoveBuilder = ({ planFor }: MoveOptions): MoveBuilder => {
  const plans: MovedRow[] = []
  const subscribers: MovedRow[] = []
  const lost: Lost[] = []
  const lose: MoveBuilder['lose'] = ({ file, line }, what) => void lost.push({ file, line, what })
  return {
    lose,
    plan({ line }, name, cells) {
      if (!planFor.has(name)) plans.push({ line, cells: filled({ name, ...cells }) })
    },
    subscriber(at, given) {
      const cells = { ...given }
      for (const column of OPTIONAL) {
        const cell = cells[column] ?? ''
        if (cell === '' || subscriberSchema.shape[column].safeParse(cell).success) continue
        lose(at, `a ${column} that is none`)
        cells[column] = ''
      }
      const plan = cells['plan'] ?? ''
      subscribers.push({ line: at.line, cells: filled({ ...cells, plan: planFor.get(plan) ?? plan }) })
    },
    moved: { plans, subscribers, lost },
  }
}

const filled = (cells: Cells): Cells => Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== ''))
