import { formatTable } from './format.ts'

/**
 * Rows for a person, aligned under a header, on a terminal; for a program, tab-separated and without
 * a header, elsewhere.
 */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stdout,
): void {
  const lines = stream.isTTY
    ? [formatTable([header.map((name) => name.toUpperCase()), ...rows])]
    : rows.map((row) => row.map((cell) => cell.replaceAll(/[\t\r\n]/g, ' ')).join('\t'))
  if (rows.length > 0) stream.write(`${lines.join('\n')}\n`)
}
