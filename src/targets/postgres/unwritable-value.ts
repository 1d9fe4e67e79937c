import { PipelineError } from '../../../activities/pipeline-error.ts'

/** Where a column's values stand in their part. */
export interface ColumnPlace {
  readonly column: string
  /** The part's row that the vector begins with. */
  readonly firstRow: number
  /** Of elements: the row, counted in the vector, that each belongs to. @default the values' own */
  readonly rowOf?: (element: number) => number
}

/** An error for a value that PostgreSQL cannot hold; it tells where the value is, not what. */
export function unwritableValue(place: ColumnPlace, row: number, problem: string): PipelineError {
  return new PipelineError('TARGET_MISMATCH', `A value of column ${place.column} ${problem}`, {
    remedy: 'Such values are to be rejected when pages are converted: convert the part again.',
    at: { column: place.column, row: place.firstRow + (place.rowOf?.(row) ?? row) },
  })
}
