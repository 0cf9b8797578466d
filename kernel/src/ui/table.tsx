import type { ComponentChildren } from 'preact'

export type Column<Row> = {
  readonly id: string
  readonly head: string
  /** What the cell shows, as text: shown when there is no `render`; a live page repaints the cell when it changes. */
  readonly value: (row: Row) => string
  readonly render?: (row: Row) => ComponentChildren
  /** Figures stand at the end, in tabular numerals. */
  readonly figures?: boolean
  /** Addresses: tabular numerals where text begins. */
  readonly digits?: boolean
  /** Share of the width; columns keep theirs when data changes. */
  readonly width: 'xs' | 's' | 'm' | 'l' | 'xl'
  /** Shown only where there is room; cards on a phone leave it out too. */
  readonly secondary?: boolean
  /** Where it stands in a phone's card: heading, beside it, a whole line below, nowhere, or else one of two columns. */
  readonly card?: 'title' | 'side' | 'wide' | 'none'
  /** Changes with time alone, so a change needs no mark. */
  readonly quiet?: boolean
}

type TableProps<Row> = {
  /** Names the list in the page: also its anchor. */
  name: string
  /** Says what the table holds, to those who do not see it. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** Dense whatever the person prefers. */
  dense?: boolean
}

const cellClass = <Row,>(column: Column<Row>): string | undefined =>
  [
    column.figures === true ? 'figures' : '',
    column.digits === true ? 'digits' : '',
    column.secondary === true ? 'secondary' : '',
    column.card === undefined ? '' : `card-${column.card}`,
  ]
    .filter(Boolean)
    .join(' ') || undefined

/** What stands inside a cell. */
export const cellContent = <Row,>(column: Column<Row>, row: Row): ComponentChildren =>
  column.render ? column.render(row) : column.value(row)

// The roles are said again because a table laid out as cards loses its own in some browsers.
export const TableRow = <Row,>({
  columns,
  row,
  rowKey,
}: Pick<TableProps<Row>, 'columns' | 'rowKey'> & { row: Row }) => (
  <tr role="row" data-key={rowKey(row)}>
    {columns.map((column) => (
      <td
        key={column.id}
        role="cell"
        class={cellClass(column)}
        data-cell={column.id}
        data-label={column.head}
        data-quiet={column.quiet === true ? '' : undefined}
      >
        {cellContent(column, row)}
      </td>
    ))}
  </tr>
)

/** Sticky head, figures that align, and cards instead of rows on a phone. The head stays when there are no rows. */
export const Table = <Row,>({ name, caption, columns, rows, rowKey, dense = false }: TableProps<Row>) => (
  <div class="table-box" role="region" aria-label={caption} tabIndex={0} data-scroll={name}>
    <table class={dense ? 'table table-dense' : 'table'} role="table" aria-label={caption}>
      <colgroup>
        {columns.map((column) => (
          <col key={column.id} class={`width-${column.width}${column.secondary === true ? ' secondary' : ''}`} />
        ))}
      </colgroup>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.id} role="columnheader" scope="col" class={cellClass(column)}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" data-live={name}>
        {rows.map((row) => (
          <TableRow key={rowKey(row)} columns={columns} row={row} rowKey={rowKey} />
        ))}
      </tbody>
    </table>
  </div>
)
