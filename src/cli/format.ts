import { stripVTControlCharacters } from 'node:util'

export { formatBytes, formatCount } from '../format-number.ts'

/** Rows of text as aligned columns; colours take no room. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => padCell(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** With spaces behind it, up to a width. */
export function padCell(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(width - widthOf(cell), 0))
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length
}

/** A time in a table: to the second for people, as it is for a program. */
export function formatTime(rfc3339: string, isTerminal: boolean): string {
  return isTerminal ? rfc3339.replace(/\.\d+Z$/, 'Z') : rfc3339
}
