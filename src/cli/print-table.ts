import { formatTable } from './format.ts'
import { tableCell } from './table-cell.ts'

/**
 * Rows for a person, aligned under a header, on a terminal; for a program, tab-separated and without
 * a header, elsewhere.
 */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stdout,
): void {
  const cells = rows.map((row) => row.map(tableCell))
  const lines = stream.isTTY
    ? [formatTable([header.map((name) => tableCell(name).toUpperCase()), ...cells])]
    : cells.map((row) => row.join('\t'))
  if (rows.length > 0) stream.write(`${lines.join('\n')}\n`)
}
