import { formatListing } from './format.ts'
import { tableCell } from './table-cell.ts'

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>

interface TableOptions {
  /** What a person is told, on standard error, where there are no rows. @default nothing */
  readonly nothing?: string
  readonly stdout?: Output
  readonly stderr?: Pick<NodeJS.WriteStream, 'write'>
}

/**
 * Rows for a person, aligned under a header, on a terminal; for a program, tab-separated and without
 * a header, elsewhere.
 */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { nothing, stdout = process.stdout, stderr = process.stderr }: TableOptions = {},
): void {
  if (rows.length === 0) {
    // Silence would leave them to wonder.
    if (stdout.isTTY && nothing !== undefined) stderr.write(`${nothing}\n`)
    return
  }
  const cells = rows.map((row) => row.map(tableCell))
  const names = header.map((name) => tableCell(name).toUpperCase())
  const lines = stdout.isTTY
    ? formatListing(names, cells)
    : cells.map((row) => row.join('\t')).join('\n')
  stdout.write(`${lines}\n`)
}
