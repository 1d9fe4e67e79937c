import { padCell } from './format.ts'
import { tableCell } from './table-cell.ts'
import { writeOut } from './write-out.ts'

export interface RowColumn {
  readonly name: string
  /** On a terminal; longer cells push the line on. */
  readonly width: number
  /** Whether it stands to the right, as numbers do. */
  readonly isFigure?: true
}

/** Rows that are printed together: one write a row would be the slowest part of a listing. */
const rowsAtOnce = 500

/**
 * Prints rows as they come, however many: aligned under a header on a terminal; elsewhere tab-separated,
 * without one.
 */
export function createRowPrinter(columns: readonly RowColumn[]) {
  const isTerminal = process.stdout.isTTY
  let waiting: string[] = []
  let isBegun = false
  const line = (texts: readonly string[]): string => {
    const cells = texts.map(tableCell)
    if (!isTerminal) return cells.join('\t')
    return cells
      .map((cell, index) => padCell(cell, columns[index]?.width ?? 0, columns[index]?.isFigure))
      .join('  ')
      .trimEnd()
  }
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await writeOut(`${waiting.join('\n')}\n`)
    waiting = []
  }
  return {
    async print(cells: readonly string[]): Promise<void> {
      if (isTerminal && !isBegun) waiting.push(line(columns.map(({ name }) => name.toUpperCase())))
      isBegun = true
      waiting.push(line(cells))
      if (waiting.length >= rowsAtOnce) await flush()
    },
    /** Prints what waits. */
    flush,
  }
}
