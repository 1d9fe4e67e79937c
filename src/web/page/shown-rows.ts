import { html } from 'hono/html'
import type { Html } from './page.ts'
import { shownTable } from './shown.ts'

interface RowColumn {
  readonly name: string
  /** As PostgreSQL or DuckDB calls it. */
  readonly type: string
}

/** Arrays of them are texts to a reader. */
const numericType =
  /^(u?(tiny|small|big|huge)?int(eger)?|numeric|decimal|double|real|float)\b[^[\]]*$/i

/** Rows of data, each value as text and NULL as such; numbers stand to the right. */
export function shownRows(
  caption: string,
  columns: readonly RowColumn[],
  rows: readonly (readonly (string | null)[])[],
): Html {
  return shownTable({
    caption,
    header: columns.map(({ name, type }) => `${name} ${type}`),
    rows: rows.map((row) =>
      row.map((value) => (value === null ? html`<span class="nothing">NULL</span>` : value)),
    ),
    nothing: 'It has no rows.',
    isNamed: false,
    isNumeric: (column) => numericType.test(columns[column]?.type ?? ''),
  })
}
