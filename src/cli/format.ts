import { stripVTControlCharacters } from 'node:util'

/** Numbers and sizes, which are read from their ends; and what stands where there is none. */
const figure = /^(-?\d[\d,.]*( ([KMGT]i)?B)?|-|NULL)$/

/** Rows of text as aligned columns; colours take no room. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  return alignedRows(rows, () => false)
}

/** The same under a header, with columns of figures to the right. */
export function formatListing(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const isOfFigures = header.map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '')
    return cells.length > 0 && cells.every((cell) => figure.test(cell))
  })
  return alignedRows([header, ...rows], (column) => isOfFigures[column] === true)
}

function alignedRows(
  rows: readonly (readonly string[])[],
  isToTheRight: (column: number) => boolean,
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => padCell(cell, widths[column] ?? 0, isToTheRight(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** With spaces up to a width: behind it, or before it where it stands to the right. */
export function padCell(cell: string, width: number, isToTheRight = false): string {
  const room = ' '.repeat(Math.max(width - widthOf(cell), 0))
  return isToTheRight ? room + cell : cell + room
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length
}
